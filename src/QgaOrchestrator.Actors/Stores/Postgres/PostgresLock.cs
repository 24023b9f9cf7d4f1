using Npgsql;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <summary>
/// Something that one node does at a time. The lock is the transaction's that is open meanwhile, and ends with it, with its node,
/// and with a node that hangs: the server ends a session that is silent inside a transaction for ten seconds.
/// </summary>
internal sealed class PostgresLock : IAsyncDisposable
{
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(3), Pause = TimeSpan.FromMilliseconds(250);

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly SemaphoreSlim _one = new(1);
    private readonly ITimer _alive;

    private PostgresLock(NpgsqlConnection connection, NpgsqlTransaction transaction, TimeProvider time)
    {
        (_connection, _transaction) = (connection, transaction);
        _alive = time.CreateTimer(_ => _ = ShowLifeAsync(), null, SignOfLife, SignOfLife);
    }

    /// <summary>Waits for its turn.</summary>
    /// <exception cref="NpgsqlException">The server does not answer.</exception>
    public static async Task<PostgresLock> TakeAsync(NpgsqlDataSource server, string name, TimeProvider time)
    {
        while (true)
        {
            var connection = await server.OpenConnectionAsync();
            try
            {
                var transaction = await connection.BeginTransactionAsync();
                await using var take = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", connection)
                {
                    Parameters = { new() { Value = name } },
                };
                if (await take.ExecuteScalarAsync() is true) return new(connection, transaction, time);
            }
            catch
            {
                await connection.DisposeAsync();
                throw;
            }
            await connection.DisposeAsync();
            await Task.Delay(Pause, time);
        }
    }

    /// <summary>Inside the transaction.</summary>
    public async Task<object?> AskAsync(string sql)
    {
        await _one.WaitAsync();
        try
        {
            await using var command = new NpgsqlCommand(sql, _connection);
            return await command.ExecuteScalarAsync();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Keeps what was written inside the transaction. Fails where the lock was lost meanwhile.</summary>
    public async Task CommitAsync()
    {
        await _one.WaitAsync();
        await _transaction.CommitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _alive.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task ShowLifeAsync()
    {
        try
        {
            await AskAsync("SELECT 1");
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The commit fails too.
        }
    }
}
