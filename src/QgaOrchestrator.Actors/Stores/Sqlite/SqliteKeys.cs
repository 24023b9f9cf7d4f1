using LinqToDB;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>The table keys of <c>views.db</c>. They are lost with that file, which nobody removes while requests come.</summary>
public sealed class SqliteKeys(ViewDatabase views) : IIdempotencyKeys
{
    public async Task<string?> ClaimAsync(string key, string request, string run, DateTimeOffset now)
    {
        KeyRow? held = null;
        await views.WriteAsync(db =>
        {
            var keys = db.GetTable<KeyRow>();
            var oldest = (now - IIdempotencyKeys.Lifetime).ToUnixTimeMilliseconds();
            keys.Delete(row => row.At < oldest);
            held = keys.FirstOrDefault(row => row.Key == key);
            if (held is not null) return;
            held = new() { Key = key, Run = run, Request = request, At = now.ToUnixTimeMilliseconds() };
            db.Insert(held);
        });
        return held!.Request == request ? held.Run : null;
    }
}
