using System.Data.Common;
using LinqToDB.Interceptors;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>
/// The settings of every physical connection to one of the node's SQLite files: write-ahead log (readers do not block the
/// writer), FULL (an acknowledged write survives a loss of power), and a wait of five seconds for a lock.
/// </summary>
/// <param name="yield">
/// Leaves the caller's thread before opening. Microsoft.Data.Sqlite's asynchronous calls run on the caller's thread: without
/// this the journal's stream never sees back pressure, never batches, and makes one transaction per actor (measured: 7 times
/// slower).
/// </param>
public sealed class SqlitePragmas(bool yield) : ConnectionInterceptor
{
    private const string Sql = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;";

    public override async Task ConnectionOpeningAsync(
        ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
    {
        if (yield) await Task.Yield();
    }

    public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Sql;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(
        ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
