using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Retention;

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
        await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i => _audit.AppendAsync(Entry($"d{i}", key: "1"), Entry($"e{i}", key: "2"), Entry($"f{i}")))
        );

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
            Entry("a", vm: "hv1/db1", run: "r1", who: "ci"),
            Entry("b", vm: "db1", who: "ci"),
            Entry("c", vm: "hv2/db1", run: "r1"),
            Entry("d", vm: "hv1/db11", who: "nobody"),
            Entry("e") with { At = Noon.AddSeconds(1.5) },
            Entry("f") with { At = Noon.AddSeconds(1) }
        );

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
        const string Old =
            """{"at":"2026-11-22T12:00:00+00:00","who":"admin","from":"::1","what":"guest-shutdown","vm":"db1","run":null,"host":"hv1","outcome":"done","code":null}""";
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

        Assert.Equal(
            (3L, null, null),
            await _audit.VerifyAsync(noted) is var check ? (check.Entries, check.Broken, check.Noted) : default
        );
    }

    [Fact]
    public async Task An_entry_that_was_made_unreadable_breaks_the_chain_and_hides_no_other()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b"), Entry("c"));
        Sql("DROP TRIGGER audit_no_update; UPDATE audit SET entry = 'x' WHERE number = 2");

        Assert.Equal(
            "c|an entry that cannot be read|a",
            string.Join('|', (await _audit.ListAsync(new(9))).Select(line => line.Entry.What))
        );
        Assert.Equal(2, (await _audit.VerifyAsync()).Broken);
        await _audit.AppendAsync(Entry("d"));
    }

    [Fact]
    public async Task The_chain_holds_when_its_oldest_entries_are_gone_and_says_so_itself()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b", key: "old"), Entry("c"));
        var lost = (await _audit.VerifyAsync()).Head;
        await _audit.AppendAsync(Entry("d") with { At = Noon.AddDays(300) }, Entry("late"));
        var noted = (await _audit.VerifyAsync()).Head;

        Assert.Equal(
            (2, 3L, null),
            await TrimAsync(Noon.AddDays(1), runs: 2) is var report ? (report.Runs, report.Entries, report.Broken) : default
        );

        Assert.Equal("trimlated", await FindAsync(new(9)));
        var check = await _audit.VerifyAsync(noted);
        Assert.Equal(
            (3L, 4L, null, 5L, Noon.AddDays(1)), (check.Entries, check.First, check.Broken, check.Noted, check.KeptFrom));
        Assert.Null((await _audit.VerifyAsync(Hash("none"))).Noted);
        Assert.Equal(3, (await _audit.VerifyAsync(lost)).Noted); // the last one that went is the chain's beginning
        Assert.Equal(Noon.AddDays(1), await _audit.KeptFromAsync());
        Assert.Equal(
            "3 entries of this log, up to number 3, and 2 runs were removed: they are from before 2026-11-24T12:00:00+00:00 "
                + "(Store.Keep)",
            (await _audit.ListAsync(new(1)))[0].Entry.Detail
        );

        // What an old run tells once more is not taken again; and with nothing left to remove nothing is told.
        await _audit.AppendAsync(Entry("b", key: "old"));
        await TrimAsync(Noon.AddDays(1), runs: 0);
        Assert.Equal("trimlated", await FindAsync(new(9)));
    }

    [Fact]
    public async Task Nobody_moves_the_beginning_of_the_chain_unseen()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b"), Entry("c"), Entry("d"));
        await TrimAsync(Noon.AddDays(1), runs: 0);
        await _audit.AppendAsync(Entry("e"), Entry("f"));
        Assert.Throws<SqliteException>(() => Sql("DELETE FROM audit WHERE number = 6"));

        Sql(
            "UPDATE audit_anchor SET number = 6, hash = (SELECT hash FROM audit WHERE number = 6); DELETE FROM audit WHERE "
                + "number <= 6"
        );

        Assert.Equal(7, (await _audit.VerifyAsync()).Broken);
        Assert.Equal(
            (0L, 7L), await TrimAsync(Noon.AddDays(2), runs: 0) is var report ? (report.Entries, report.Broken) : default);
    }

    [Fact]
    public async Task An_entry_that_is_not_what_was_written_is_never_removed()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b"), Entry("c"));
        Sql("DROP TRIGGER audit_no_update; UPDATE audit SET entry = replace(entry, '\"b\"', '\"x\"') WHERE number = 2");

        Assert.Equal(
            (1L, 2L), await TrimAsync(Noon.AddDays(1), runs: 0) is var report ? (report.Entries, report.Broken) : default);
        Assert.Equal(2, (await _audit.VerifyAsync()).Broken);
        Assert.Equal("trimcx", await FindAsync(new(9)));
    }

    [Fact]
    public async Task A_log_of_an_earlier_version_is_trimmed_like_a_new_one()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b"));
        await _audit.DisposeAsync();
        Sql("""
            DROP TABLE audit_anchor; DROP TRIGGER audit_no_delete;
            CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
            PRAGMA user_version=2;
            """);
        await InitializeAsync();
        Assert.Equal(2, (await TrimAsync(Noon.AddDays(1), runs: 0)).Entries);
        Assert.Null((await _audit.VerifyAsync()).Broken);
    }

    private Task<TrimReport> TrimAsync(DateTimeOffset before, int runs) =>
        _audit.TrimAsync(before, runs, "hv1", Noon.AddDays(400), default);

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

    private static AuditEntry Entry(
        string what,
        string? key = null,
        string? vm = null,
        string? run = null,
        string who = "admin"
    ) => new(Noon, who, null, what, vm, run, "hv1", AuditOutcomes.Done, null) { Key = key };

    private async Task<string> FindAsync(AuditQuery query) =>
        string.Concat((await _audit.ListAsync(query)).Select(line => line.Entry.What));

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
            base.CreateTimer(
                callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.FromMilliseconds(1), period);
    }
}
