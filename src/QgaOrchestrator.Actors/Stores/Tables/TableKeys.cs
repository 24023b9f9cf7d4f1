using LinqToDB;

namespace QgaOrchestrator.Actors.Stores.Tables;

/// <summary>The table keys.</summary>
public sealed class TableKeys(ITables tables) : IIdempotencyKeys
{
    public async Task<string?> ClaimAsync(string key, string request, string run, DateTimeOffset now)
    {
        KeyRow? held = null;
        await tables.WriteAsync(db =>
        {
            var keys = db.GetTable<KeyRow>();
            var oldest = (now - IIdempotencyKeys.Lifetime).ToUnixTimeMilliseconds();
            keys.Delete(row => row.At < oldest);
            held = keys.FirstOrDefault(row => row.Key == key);
            if (held is not null) return;
            held = new() { Key = key, Run = run, Request = request, At = now.ToUnixTimeMilliseconds() };
            db.Insert(held);
        }, alone: $"key {key}");
        return held!.Request == request ? held.Run : null;
    }
}
