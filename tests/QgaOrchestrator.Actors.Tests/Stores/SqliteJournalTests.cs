using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Sqlite;

namespace QgaOrchestrator.Actors.Tests.Stores;

public sealed class SqliteJournalTests : JournalSuite, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override IJournal Create(Func<Task> pause) => new SqliteJournal(new(_directory.File("journal.db")), pause);

    [Fact]
    public async Task The_journals_file_is_in_write_ahead_mode()
    {
        await RecordAsync(await StartAsync(), "r1", pauses: 0, ended: true);

        Assert.Equal("wal", Value<string>("PRAGMA journal_mode"));
    }

    [Fact]
    public async Task The_space_of_removed_events_is_used_again()
    {
        var system = await StartAsync();
        await RecordAsync(system, "a", pauses: 1000, ended: true);
        var pages = Value<long>("PRAGMA page_count");
        await Create(() => Task.CompletedTask).RemoveAsync("run-a", default);
        Assert.Equal(pages, Value<long>("PRAGMA page_count"));
        Assert.True(Value<long>("PRAGMA freelist_count") > pages / 2);

        await RecordAsync(system, "b", pauses: 1000, ended: true);
        Assert.InRange(Value<long>("PRAGMA page_count"), pages, pages + pages / 10);
    }

    // Opened without the node's settings: the mode is the file's own.
    private T Value<T>(string sql)
    {
        using var db = new SqliteConnection($"Data Source={_directory.File("journal.db")};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }
}
