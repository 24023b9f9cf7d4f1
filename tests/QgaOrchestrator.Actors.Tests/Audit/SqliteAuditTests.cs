using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using QgaOrchestrator.Actors.Audit;

namespace QgaOrchestrator.Actors.Tests.Audit;

public sealed class SqliteAuditTests : IAsyncLifetime, IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _directory = new();
    private SqliteAudit _audit = null!;

    public Task InitializeAsync()
    {
        _audit = new(new(_directory.File("audit.db")));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _audit.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_bears_a_key_is_taken_once_however_often_it_is_told()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b", key: "1"), Entry("c", key: "1"));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _audit.AppendAsync(Entry($"d{i}", key: "1"), Entry($"e{i}", key: "2"), Entry($"f{i}"))));

        var told = await _audit.ListAsync(new(100));

        Assert.Equal(1 + 2 + 20, told.Count);
        Assert.Equal("b", Assert.Single(told, line => line.Entry.Key == "1").Entry.What);
        Assert.Equal((23L, null), await _audit.VerifyAsync() is var check ? (check.Entries, check.Broken) : default);
    }

    [Fact]
    public async Task Many_that_were_told_before_are_passed_over_in_one_look()
    {
        var entries = Enumerable.Range(0, 2000).Select(i => Entry("backup", key: $"r1/{i}")).ToList();
        await _audit.AppendAsync(entries[..1999]);

        await _audit.AppendAsync(entries);

        Assert.Equal(2000, (await _audit.VerifyAsync()).Entries);
    }

    [Fact]
    public async Task They_are_found_by_vm_run_who_and_time_newest_first()
    {
        await _audit.AppendAsync(
            Entry("a", vm: "hv1/db1", run: "r1", who: "ci"), Entry("b", vm: "db1", who: "ci"), Entry("c", vm: "hv2/db1", run: "r1"),
            Entry("d", vm: "hv1/db11", who: "nobody"), Entry("e") with { At = Noon.AddSeconds(1.5) }, Entry("f") with { At = Noon.AddSeconds(1) });

        Assert.Equal("cba", await FindAsync(new(9, Vm: "db1")));
        Assert.Equal("ba", await FindAsync(new(9, Vm: "hv1/db1")));
        Assert.Equal("ca", await FindAsync(new(9, Run: "r1")));
        Assert.Equal("ba", await FindAsync(new(9, Who: "ci")));
        Assert.Equal("fe", await FindAsync(new(9, Since: Noon.AddSeconds(1))));
        Assert.Equal("e", await FindAsync(new(9, Since: Noon.AddSeconds(1.2))));
        Assert.Equal("fe", await FindAsync(new(9, Since: Noon.AddSeconds(1).ToOffset(TimeSpan.FromHours(5)))));
        Assert.Equal("c", await FindAsync(new(1, Vm: "db1")));
        Assert.Equal("ba", await FindAsync(new(9, Before: 3, Vm: "db1")));
    }

    [Fact]
    public async Task A_log_of_an_earlier_version_goes_on_with_its_chain_as_it_was()
    {
        Sql("CREATE TABLE audit (number INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash TEXT NOT NULL)");
        const string Old = """{"at":"2026-11-22T12:00:00+00:00","who":"admin","from":"::1","what":"guest-shutdown","vm":"db1","run":null,"host":"hv1","outcome":"done","code":null}""";
        Sql($"INSERT INTO audit VALUES (1, '{Old}', '{Hash(SqliteAudit.Start + Old)}')");

        await _audit.AppendAsync(Entry("a", vm: "hv1/db1", key: "1"));

        Assert.Equal(["a", "guest-shutdown"], (await _audit.ListAsync(new(9, Vm: "db1"))).Select(line => line.Entry.What));
        Assert.Equal((2L, null), await _audit.VerifyAsync() is var check ? (check.Entries, check.Broken) : default);
        Assert.Throws<SqliteException>(() => Sql("DELETE FROM audit"));
    }

    [Fact]
    public async Task A_head_that_was_noted_is_found_again_until_something_at_or_before_it_changes()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b"));
        var noted = (await _audit.VerifyAsync()).Head;
        await _audit.AppendAsync(Entry("c"));
        Assert.Equal(2, (await _audit.VerifyAsync(noted)).Noted);
        Assert.Null((await _audit.VerifyAsync(new string('e', 64))).Noted);

        // The tail is cut off and made anew, each hash right: only the noted head tells.
        Sql("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE number > 1");
        await _audit.AppendAsync(Entry("forged"), Entry("c"));

        Assert.Equal((3L, null, null), await _audit.VerifyAsync(noted) is var check ? (check.Entries, check.Broken, check.Noted) : default);
    }

    [Fact]
    public async Task An_entry_that_was_made_unreadable_breaks_the_chain_and_hides_no_other()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b"), Entry("c"));
        Sql("DROP TRIGGER audit_no_update; UPDATE audit SET entry = 'x' WHERE number = 2");

        Assert.Equal("c|an entry that cannot be read|a", string.Join('|', (await _audit.ListAsync(new(9))).Select(line => line.Entry.What)));
        Assert.Equal(2, (await _audit.VerifyAsync()).Broken);
        await _audit.AppendAsync(Entry("d"));
    }

    [Fact]
    public async Task What_the_log_does_not_take_is_offered_until_it_does()
    {
        await _audit.AppendAsync(Entry("a"));
        Sql("ALTER TABLE audit RENAME TO away");
        var keeper = new AuditKeeper(_audit, new Impatient(), NullLogger<AuditKeeper>.Instance);

        var kept = keeper.KeepAsync([Entry("b", key: "1")]);
        await Assert.ThrowsAnyAsync<Exception>(() => _audit.AppendAsync(Entry("c")));
        Assert.False(kept.IsCompleted);
        Sql("ALTER TABLE away RENAME TO audit");
        await kept;

        Assert.Equal("ba", await FindAsync(new(9)));
    }

    private static AuditEntry Entry(string what, string? key = null, string? vm = null, string? run = null, string who = "admin") =>
        new(Noon, who, null, what, vm, run, "hv1", AuditOutcomes.Done, null) { Key = key };

    private async Task<string> FindAsync(AuditQuery query) => string.Concat((await _audit.ListAsync(query)).Select(line => line.Entry.What));

    private static string Hash(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    private void Sql(string sql)
    {
        using var db = new SqliteConnection($"Data Source={_directory.File("audit.db")};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>A clock on which no time is long.</summary>
    private sealed class Impatient : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.FromMilliseconds(1), period);
    }
}
