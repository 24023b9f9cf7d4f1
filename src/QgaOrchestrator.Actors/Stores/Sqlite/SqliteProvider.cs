using QgaOrchestrator.Actors.Stores.Files;
using QgaOrchestrator.Actors.Stores.Tables;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>Everything in files of the data directory.</summary>
public sealed class SqliteProvider : IStoreProvider
{
    private const string Results = "results";

    /// <summary>Between two transactions of a removal from the journal.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public string Name => "sqlite";

    public bool IsShared => false;

    public IReadOnlyList<string> Directories => [Results];

    public StoreOptions Read(IStoreKeys keys)
    {
        foreach (var key in new[] { "ConnectionString", "PasswordFile", "TokenCache" })
            if (keys.Text(key) is not null)
                keys.Refuse(key, "sqlite takes none: its files are in Node.DataDirectory. Remove this key");
        return new SqliteOptions();
    }

    public NodeStores Create(StoreOptions options, string dataDirectory, TimeProvider time)
    {
        var views = new SqliteViewTables(new(In("views.db")));
        return new(
            new SqliteJournal(new(In(SqliteJournal.FileName)), () => Task.Delay(Pause, time)),
            new TableViews(views),
            new TableKeys(views),
            new SqliteAudit(new(In("audit.db"))),
            new FileResults(In(Results), time),
            new FileTokens(In("tokens.json")),
            SqliteTables.Escrow(new(In("escrow.db"))),
            new FileRecipients(In("recipients"))
        );

        string In(string name) => Path.Combine(dataDirectory, name);
    }

    public Task<TakenOver> TakeOverAsync(StoreOptions options, string data, TimeProvider time, Action<string> tell) =>
        throw new StoreException(
            "Store.Provider is sqlite, whose files are used where they are", "Name the store to move to: set it to postgresql");

    private sealed record SqliteOptions : StoreOptions;
}
