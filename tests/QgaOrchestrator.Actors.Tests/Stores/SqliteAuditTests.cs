using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Sqlite;

namespace QgaOrchestrator.Actors.Tests.Stores;

public sealed class SqliteAuditTests : AuditSuite, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override IAuditLog Create() => new SqliteAudit(new(_directory.File("audit.db")));

    protected override void Forge(long number, string old, string replacement) => Sql(
        "DROP TRIGGER audit_no_update; "
            + $"UPDATE audit SET entry = replace(entry, '{old}', '{replacement}') WHERE number = {number}");

    protected override void CutOff(long after) =>
        Sql($"DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE number > {after}");

    protected override void MoveBeginning(long to) => Sql(
        $"UPDATE audit_anchor SET number = {to}, hash = (SELECT hash FROM audit WHERE number = {to}); "
            + $"DELETE FROM audit WHERE number <= {to}");

    protected override void Block(bool blocked) =>
        Sql(blocked ? "ALTER TABLE audit RENAME TO away" : "ALTER TABLE away RENAME TO audit");

    [Fact]
    public async Task Triggers_refuse_to_change_or_delete_an_entry_that_is_kept()
    {
        await using var audit = Create();
        await audit.AppendAsync(Entry("a"), Entry("b"));
        await audit.TrimAsync(Noon.AddDays(1), 0, "hv1", Noon.AddDays(400), default);

        Assert.Throws<SqliteException>(() => Sql("DELETE FROM audit WHERE number = 3"));
        Assert.Throws<SqliteException>(() => Sql("UPDATE audit SET entry = '{}' WHERE number = 3"));
    }

    [Fact]
    public async Task A_log_of_version_1_continues_with_its_chain()
    {
        Sql("CREATE TABLE audit (number INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash TEXT NOT NULL)");
        const string Old =
            """{"at":"2026-11-22T12:00:00+00:00","who":"admin","from":"::1","what":"guest-shutdown","vm":"db1","run":null"""
                + ""","host":"hv1","outcome":"done","code":null}""";
        Sql($"INSERT INTO audit VALUES (1, '{Old}', '{Hash(IAuditLog.Start + Old)}')");

        await using var audit = Create();
        await audit.AppendAsync(Entry("a", vm: "hv1/db1", key: "1"));

        Assert.Equal(["a", "guest-shutdown"], (await audit.ListAsync(new(9, Vm: "db1"))).Select(line => line.Entry.What));
        Assert.Equal((2L, null), await audit.VerifyAsync() is var check ? (check.Entries, check.Broken) : default);
        Assert.Throws<SqliteException>(() => Sql("DELETE FROM audit"));
    }

    [Fact]
    public async Task A_log_of_version_2_is_trimmed_like_a_new_one()
    {
        await using (var current = Create()) await current.AppendAsync(Entry("a"), Entry("b"));
        Sql("""
            DROP TABLE audit_anchor; DROP TRIGGER audit_no_delete;
            CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
            PRAGMA user_version=2;
            """);
        await using var audit = Create();
        Assert.Equal(2, (await audit.TrimAsync(Noon.AddDays(1), 0, "hv1", Noon.AddDays(400), default)).Entries);
        Assert.Null((await audit.VerifyAsync()).Broken);
    }

    private void Sql(string sql)
    {
        using var db = new SqliteConnection($"Data Source={_directory.File("audit.db")};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
