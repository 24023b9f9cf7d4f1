using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Tests.Stores;

public sealed class SqliteEscrowTests : EscrowSuite, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override IEscrow Create() => SqliteTables.Escrow(new(_directory.File("escrow.db")));

    protected override void Block() => SqliteEscrow.Block(_directory.File("escrow.db"));

    protected override void Damage(AccountId id) => SqliteEscrow.Damage(_directory.File("escrow.db"), id);

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        SqliteEscrow.Sql(_directory.File("escrow.db"), "CREATE TABLE later (a); PRAGMA user_version = 2");
        await using var escrow = Create();

        var error = await Assert.ThrowsAsync<StoreException>(() => escrow.ListAsync(null, 1));

        Assert.Contains("newer version", error.Message, StringComparison.Ordinal);
        Assert.Equal(2L, SqliteEscrow.Sql(_directory.File("escrow.db"), "PRAGMA user_version"));
    }
}

/// <summary>What goes wrong with a file of accounts.</summary>
internal static class SqliteEscrow
{
    public static void Block(string file) => Sql(
        file,
        "CREATE TRIGGER no_account BEFORE INSERT ON accounts BEGIN SELECT RAISE(ABORT, 'blocked'); END;"
            + "CREATE TRIGGER no_text BEFORE UPDATE ON sealed BEGIN SELECT RAISE(ABORT, 'blocked'); END;");

    public static void Damage(string file, AccountId id) =>
        Sql(file, $"UPDATE accounts SET json = '{{' WHERE vm = '{id.Vm}'");

    public static object? Sql(string file, string sql)
    {
        using var db = new SqliteConnection($"Data Source={file};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
