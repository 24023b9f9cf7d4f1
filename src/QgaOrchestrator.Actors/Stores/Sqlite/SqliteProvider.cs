using QgaOrchestrator.Actors.Stores.Files;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>Everything in files of the data directory.</summary>
public sealed class SqliteProvider : IStoreProvider
{
    private const string Results = "results";

    /// <summary>Between two transactions of a removal from the journal.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public string Name => "sqlite";

    public IReadOnlyList<string> Directories => [Results];

    public StoreOptions Read(IStoreKeys keys)
    {
        if (keys.Text("ConnectionString") is not null)
            keys.Refuse("ConnectionString", "sqlite takes none: its files are in Node.DataDirectory. Remove this key");
        return new SqliteOptions();
    }

    public NodeStores Create(StoreOptions options, string dataDirectory, TimeProvider time)
    {
        var views = new ViewDatabase(new(In("views.db")));
        return new(
            new SqliteJournal(new(In(SqliteJournal.FileName)), () => Task.Delay(Pause, time)),
            new SqliteViews(views),
            new SqliteKeys(views),
            new SqliteAudit(new(In("audit.db"))),
            new FileResults(In(Results), time),
            new FileTokens(In("tokens.json")),
            new SqliteEscrow(new(In("escrow.db"))),
            new FileRecipients(In("recipients"))
        );

        string In(string name) => Path.Combine(dataDirectory, name);
    }

    private sealed record SqliteOptions : StoreOptions;
}
