using LinqToDB.Data;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Sqlite;

namespace QgaOrchestrator.Actors.Tests.Stores;

public sealed class SqliteFileTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_connection_writes_ahead_and_syncs_fully(bool yield)
    {
        await using var db = new DataConnection(new SqliteFile(_directory.File("a.db")).Options(yield));

        Assert.Equal("wal", await db.ExecuteAsync<string>("PRAGMA journal_mode"));
        Assert.Equal(2, await db.ExecuteAsync<long>("PRAGMA synchronous"));
        Assert.Equal(5000, await db.ExecuteAsync<long>("PRAGMA busy_timeout"));
    }

    [Fact]
    public async Task A_write_that_fails_takes_no_other_with_it()
    {
        var file = new SqliteFile(_directory.File("w.db"));
        await using var writer = new SqliteWriter(file, () => new(file.Options(yield: false)));
        using var gate = new ManualResetEventSlim();
        var first = writer.WriteAsync(_ => gate.Wait());

        var bad = writer.WriteAsync(_ => throw new InvalidDataException("bad"));
        var wrong = writer.WriteAsync(db => db.Execute("SELECT * FROM nothing"));
        var good = writer.WriteAsync(_ => { });
        gate.Set();

        await Task.WhenAll(first, good);
        await Assert.ThrowsAsync<InvalidDataException>(() => bad);
        var told = await Assert.ThrowsAsync<StoreException>(() => wrong);
        Assert.StartsWith(file.Path, told.Reason, StringComparison.Ordinal);
        Assert.IsType<SqliteException>(told.InnerException);
    }
}
