using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Postgres;
using QgaOrchestrator.Actors.Stores.Sqlite;

namespace QgaOrchestrator.Actors.Tests.Stores.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class AuditMirrorTests(OnePostgres one) : IDisposable
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _directory = new();
    private readonly Task<string> _database = one.NewAsync();

    public void Dispose() => _directory.Dispose();

    [SkippableFact]
    public async Task Each_entry_is_copied_once_as_it_was_hashed_also_across_restarts()
    {
        for (var round = 1; round <= 3; round++)
        {
            await using var audit = new SqliteAudit(new(_directory.File("audit.db")));
            var mirror = Mirror(audit);
            await audit.AppendAsync(Entry($"a{round}"), Entry($"b{round}"));
            await mirror.CopyAsync();
            await mirror.CopyAsync();
            await Mirror(audit).CopyAsync();

            Assert.Equal($"{round * 2}", await AskAsync("SELECT count(*) FROM audit_mirror WHERE node = 'hv1'"));
            Assert.Equal("1", await AskAsync("SELECT count(DISTINCT chain) FROM audit_mirror"));
            Assert.Equal((await audit.VerifyAsync()).Head, await AskAsync("SELECT hash FROM audit_mirror ORDER BY number DESC"));
        }
    }

    [SkippableFact]
    public async Task A_log_that_was_lost_begins_a_chain_and_no_copy_is_overwritten()
    {
        await FillAsync("first.db", "one", "two");
        await FillAsync("first.db", "three");
        File.Delete(_directory.File("audit-chain"));
        await FillAsync("lost.db", "four");
        await FillAsync("another.db", "five");

        Assert.Equal("3", await AskAsync("SELECT count(DISTINCT chain) FROM audit_mirror"));
        Assert.Equal("5", await AskAsync("SELECT count(*) FROM audit_mirror"));
    }

    [SkippableFact]
    public async Task What_retention_removed_from_the_log_leaves_the_copy_too()
    {
        await using var audit = new SqliteAudit(new(_directory.File("audit.db")));
        await audit.AppendAsync(Entry("old"), Entry("new") with { At = T0.AddDays(9) });
        var mirror = Mirror(audit);
        await mirror.CopyAsync();

        await audit.TrimAsync(T0.AddDays(1), 0, "hv1", T0.AddDays(10), default);
        await mirror.CopyAsync();

        Assert.Equal("2", await AskAsync("SELECT min(number) FROM audit_mirror"));
        Assert.Equal("2", await AskAsync("SELECT count(*) FROM audit_mirror"));
    }

    private async Task FillAsync(string file, params string[] what)
    {
        await using var audit = new SqliteAudit(new(_directory.File(file)));
        await audit.AppendAsync([.. what.Select(Entry)]);
        await Mirror(audit).CopyAsync();
    }

    private AuditMirror Mirror(SqliteAudit audit) =>
        new(audit, one.Open(_database.Result), _directory.File("audit-chain"), TimeProvider.System);

    private Task<string> AskAsync(string sql) => one.AskAsync(_database.Result, sql);

    private static AuditEntry Entry(string what) => new(T0, "anna", null, what, null, null, "hv1", AuditOutcomes.Done, null);
}
