using QgaOrchestrator.Actors.Stores.Files;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Actors.Stores.Tables;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <summary>
/// Runs, catalog, idempotency keys, tokens and escrow in PostgreSQL, for all nodes of a cluster. Results, the audit log, the
/// escrow's recipients and its passwords that are not settled yet stay in the data directory of each; the audit log is copied.
/// </summary>
public sealed class PostgresProvider : IStoreProvider
{
    private const string Results = "results", Candidates = "candidates";

    /// <summary>Between two transactions of a removal from the journal.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public string Name => "postgresql";

    public bool IsShared => true;

    public IReadOnlyList<string> Directories => [Results, Candidates];

    public StoreOptions Read(IStoreKeys keys) => PostgresOptions.Read(keys);

    public NodeStores Create(StoreOptions options, string dataDirectory, TimeProvider time)
    {
        var own = (PostgresOptions)options;
        var database = new PostgresDatabase(own, time, PostgresDatabase.RequestLimit);
        AuditMirror? mirror = null;
        var audit = new SqliteAudit(new(In("audit.db")), () => mirror?.Wake());
        mirror = new(audit, database, In("audit-chain"), time);
        var escrow = new HostKeptEscrow(new TableEscrow(database), In(Candidates), time);
        return new(
            new PostgresJournal(database, () => Task.Delay(Pause, time)),
            new TableViews(database),
            new TableKeys(database),
            audit,
            new FileResults(In(Results), time),
            new CachedTokens(new PostgresTokens(database), In("tokens-cache.json"), own.TokenCache, time),
            escrow,
            new FileRecipients(In("recipients"))
        )
        {
            // Neither ends before it is stopped: one that does has failed, and says so.
            Upkeep = async stop => await await Task.WhenAny(mirror.RunAsync(stop), escrow.RunAsync(stop)),
            AuditBacklogAsync = mirror.BacklogAsync,
        };

        string In(string name) => Path.Combine(dataDirectory, name);
    }

    public Task<TakenOver> TakeOverAsync(StoreOptions options, string data, TimeProvider time, Action<string> tell) =>
        new TakeOver((PostgresOptions)options, time, tell).RunAsync(data);
}
