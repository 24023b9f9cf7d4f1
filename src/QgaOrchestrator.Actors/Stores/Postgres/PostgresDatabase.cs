using LinqToDB;
using LinqToDB.Data;
using LinqToDB.DataProvider.PostgreSQL;
using Npgsql;
using QgaOrchestrator.Actors.Stores.Tables;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <summary>
/// The node's connections to PostgreSQL. Who waits for the server waits for at most a limit; a call that takes longer
/// ends in the background, and commits nothing any more.
/// </summary>
public sealed class PostgresDatabase : IViewTables
{
    /// <summary>Raised where the views' rows change their shape: then they are built anew from the journal.</summary>
    private const int ViewsVersion = 1;

    /// <summary>The rest of the pool is the journal's.</summary>
    private const int AtOnce = 4;

    /// <summary>A transaction that another one got in the way of is begun anew.</summary>
    private const int Tries = 3;

    /// <summary>After a call that found nobody, the others are told so at once: a request makes several.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    /// <summary>A request is answered within 2 s.</summary>
    public static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(1.8);

    private readonly NpgsqlDataSource _server;
    private readonly PostgresSchema _schema;
    private readonly SemaphoreSlim _seats = new(AtOnce);
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private volatile Absence? _away;

    /// <param name="limit">How long a caller waits.</param>
    internal PostgresDatabase(PostgresOptions options, TimeProvider time, TimeSpan limit)
    {
        _limit = limit;
        var builder = new NpgsqlDataSourceBuilder(options.Connection);
        if (options.PasswordFile is { } file)
            builder.UsePasswordProvider(_ => PasswordFile.Read(file), (_, _) => ValueTask.FromResult(PasswordFile.Read(file)));
        (_time, Name, Connection) = (time, options.Server, options.Connection);
        _server = builder.Build();
        _schema = new(_server, Name, time);
        Options = new DataOptions()
            .UseConnectionString(Provider, options.Connection)
            .UseConnectionFactory(
                PostgreSQLTools.GetDataProvider(PostgreSQLVersion.v15), _ => _server.CreateConnection());
    }

    public string Name { get; }

    internal static string Provider => ProviderName.PostgreSQL15;

    /// <summary>For linq2db, also Akka's.</summary>
    internal DataOptions Options { get; }

    /// <summary>Without a password.</summary>
    internal string Connection { get; }

    public Task<T> ReadAsync<T>(Func<DataConnection, T> read) => DoAsync((db, _) => read(db));

    public Task WriteAsync(Action<DataConnection> write, string? alone = null) => DoAsync((db, given) =>
    {
        using var transaction = db.BeginTransaction();
        if (alone is not null)
            db.Execute("SELECT pg_advisory_xact_lock(hashtextextended(@name, 0))", new DataParameter("name", alone));
        write(db);
        // Who asked has been told that it was not done.
        given.ThrowIfCancellationRequested();
        Commit(transaction);
        return true;
    });

    /// <summary>Reads without making the tables.</summary>
    internal Task<T> LookAsync<T>(Func<DataConnection, T> look) => DoAsync((db, _) => look(db), makesTables: false);

    public Task PingAsync() => ReadAsync(db => db.Execute<int>("SELECT 1"));

    /// <summary>Of all nodes one builds the views. Points stay, since each host has only its own on its disks.</summary>
    public async Task EnsureAsync(Func<Task> rebuild)
    {
        const string version = "SELECT max(version) FROM views_built";
        if (await ReadAsync(db => db.Execute<int?>(version)) >= ViewsVersion) return;
        try
        {
            await using var held = await PostgresLock.TakeAsync(_server, "qgad views", _time);
            if (await held.AskAsync(version) is >= ViewsVersion) return;
            await WriteAsync(db => db.Execute("DELETE FROM views_built; DELETE FROM items; DELETE FROM runs"));
            await rebuild();
            await held.AskAsync($"INSERT INTO views_built (version) VALUES ({ViewsVersion})");
            await held.CommitAsync();
        }
        catch (NpgsqlException e)
        {
            throw PostgresFailure.Of(e, Name);
        }
    }

    /// <summary>Makes the tables; waits for the server as long as a connection may take.</summary>
    /// <exception cref="StoreException">The server or its schema cannot be used.</exception>
    internal async Task EnsureSchemaAsync()
    {
        try
        {
            await _schema.EnsureAsync();
            _away = null;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            throw PostgresFailure.Of(e, Name);
        }
    }

    public ValueTask DisposeAsync()
    {
        _schema.Dispose();
        return _server.DisposeAsync();
    }

    /// <summary>Whether a commit without an answer was made is not known, so it is not begun anew.</summary>
    private void Commit(DataConnectionTransaction transaction)
    {
        try
        {
            transaction.Commit();
        }
        catch (NpgsqlException e) when (PostgresFailure.IsBroken(e))
        {
            throw PostgresFailure.Of(e, Name);
        }
    }

    private async Task<T> DoAsync<T>(Func<DataConnection, CancellationToken, T> work, bool makesTables = true)
    {
        if (_away is { } known && _time.GetElapsedTime(known.Since) < Quiet) throw known.Told();
        using var limit = new CancellationTokenSource(_limit, _time);
        try
        {
            await _seats.WaitAsync(limit.Token);
            var done = await Task.Run(() => OnSeatAsync(work, makesTables, limit.Token), CancellationToken.None)
                .WaitAsync(limit.Token);
            _away = null;
            return done;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw Away(PostgresFailure.TooSlow(Name, _limit));
        }
        catch (StoreException e) when (e.IsAway)
        {
            throw Away(e);
        }
    }

    private StoreException Away(StoreException error)
    {
        _away = new(_time.GetTimestamp(), error);
        return error;
    }

    private async Task<T> OnSeatAsync<T>(
        Func<DataConnection, CancellationToken, T> work, bool makesTables, CancellationToken given)
    {
        try
        {
            if (makesTables) await _schema.EnsureAsync();
            for (var tries = 1; ; tries++)
            {
                try
                {
                    await using var db = new DataConnection(Options);
                    return work(db, given);
                }
                catch (Exception e) when (tries < Tries && (PostgresFailure.IsConflict(e) || PostgresFailure.IsBroken(e)))
                {
                    given.ThrowIfCancellationRequested();
                }
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            throw PostgresFailure.Of(e, Name);
        }
        finally
        {
            _seats.Release();
        }
    }

    private sealed record Absence(long Since, StoreException Error)
    {
        /// <summary>An exception that is thrown twice loses where it came from.</summary>
        public StoreException Told() => new(Error.Reason, Error.Remedy, Error) { IsAway = true };
    }
}
