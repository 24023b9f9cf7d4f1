using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Actors.Stores.Tables;

namespace QgaOrchestrator.Actors.Tests.Stores;

public sealed class SqliteViewsTests : ViewsSuite, IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    protected override IViews Create() => new TableViews(new SqliteViewTables(new(_directory.File("views.db"))));

    protected override void MakeOlder()
    {
        using var db = new SqliteConnection($"Data Source={_directory.File("views.db")};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = "PRAGMA user_version = 0";
        command.ExecuteNonQuery();
    }
}

public sealed class SqliteKeysTests : KeysSuite, IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<SqliteViewTables> _opened = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var database in _opened) await database.DisposeAsync();
    }

    public void Dispose() => _directory.Dispose();

    protected override async Task<IIdempotencyKeys> OpenAsync()
    {
        var database = new SqliteViewTables(new(_directory.File("views.db")));
        _opened.Add(database);
        await new TableViews(database).OpenAsync(_ => Task.CompletedTask);
        return new TableKeys(database);
    }
}
