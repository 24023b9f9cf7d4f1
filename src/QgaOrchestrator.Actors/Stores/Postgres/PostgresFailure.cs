using Npgsql;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <summary>What a failure of PostgreSQL is to the node.</summary>
internal static class PostgresFailure
{
    private const string IdleInTransaction = "25P03";

    private const string Meanwhile = "VMs are listed, called and thawed meanwhile";

    /// <param name="server">host:port/database.</param>
    public static StoreException Of(Exception error, string server) => error switch
    {
        StoreException told => told,
        { InnerException: StoreException told } => told,
        PostgresException
        {
            SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification,
        } e => new(
                $"PostgreSQL {server} refuses this node: {e.MessageText.TrimEnd('.')}",
                "Correct the user in Store.ConnectionString, Store.PasswordFile, or the server's pg_hba.conf",
                e)
        {
            IsAway = true,
        },
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } e => new(
            $"PostgreSQL {server}: {e.MessageText.TrimEnd('.')}", "Make the database, as deploy/docs/postgresql.md says", e)
        {
            IsAway = true,
        },
        PostgresException e when IsAway(e) => Away(server, e.MessageText, e),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } e => new(
            $"PostgreSQL {server}: {e.MessageText.TrimEnd('.')}",
            "Let the node's user own the database, as deploy/docs/postgresql.md says",
            e),
        PostgresException e => new(
            $"PostgreSQL {server}: {e.MessageText.TrimEnd('.')} ({e.SqlState})", "See the log of PostgreSQL", e),
        _ => Away(server, (error.InnerException ?? error).Message, error),
    };

    /// <summary>No answer came within the limit.</summary>
    public static StoreException TooSlow(string server, TimeSpan limit) =>
        Away(server, $"no answer within {limit.TotalSeconds:0.#} s", null);

    /// <summary>The same transaction may succeed when it is begun anew.</summary>
    public static bool IsConflict(Exception error) =>
        error is PostgresException { SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected };

    /// <summary>The connection is gone, as a pooled one is behind a restart of the server.</summary>
    public static bool IsBroken(Exception error) => error
        is PostgresException
        {
            SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
            or IdleInTransaction
        }
        or NpgsqlException { InnerException: IOException };

    private static StoreException Away(string server, string why, Exception? cause) => new(
        $"PostgreSQL {server} does not answer: {why.TrimEnd('.')}",
        $"Start it, or mend the network between it and this node. {Meanwhile}",
        cause)
    {
        IsAway = true,
    };

    /// <summary>It starts, stops, or has no room for a connection.</summary>
    private static bool IsAway(PostgresException error) =>
        error.SqlState.StartsWith("57P", StringComparison.Ordinal)
        || error.SqlState.StartsWith("53", StringComparison.Ordinal)
        || error.SqlState.StartsWith("08", StringComparison.Ordinal)
        || error.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.ReadOnlySqlTransaction;
}
