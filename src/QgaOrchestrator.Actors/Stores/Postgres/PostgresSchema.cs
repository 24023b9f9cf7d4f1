using System.Globalization;
using System.Reflection;
using DbUp;
using DbUp.Engine;
using DbUp.Postgresql;
using Npgsql;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <summary>
/// Brings the schema up to date, step by step (<c>Migrations/</c>), by DbUp. That takes no lock, so ours is around it. Where
/// nothing is to be done, two questions tell.
/// </summary>
internal sealed class PostgresSchema(NpgsqlDataSource server, string name, TimeProvider time) : IDisposable
{
    private const int OldestServer = 150_000;

    private const string Steps = "schema_steps", Contracts = ".contract.sql";

    private readonly SemaphoreSlim _one = new(1);
    private volatile bool _done;

    /// <exception cref="StoreException">The server or the schema cannot be used.</exception>
    /// <exception cref="NpgsqlException">The server does not answer.</exception>
    public async Task EnsureAsync()
    {
        if (_done) return;
        await _one.WaitAsync();
        try
        {
            if (_done) return;
            if (!await IsCurrentAsync())
            {
                await using var held = await PostgresLock.TakeAsync(server, "qgad schema", time);
                if (!await IsCurrentAsync()) Upgrade();
            }
            _done = true;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Whether no step is missing.</summary>
    /// <exception cref="StoreException">It is too old or too new.</exception>
    private async Task<bool> IsCurrentAsync()
    {
        await using var connection = await server.OpenConnectionAsync();
        await using var version = new NpgsqlCommand("SELECT current_setting('server_version_num')", connection);
        if (int.Parse((string)(await version.ExecuteScalarAsync())!, CultureInfo.InvariantCulture) < OldestServer)
            throw new StoreException(
                $"PostgreSQL {name} is version {connection.ServerVersion}, and 15 or later is needed", "Upgrade the server");
        var known = Scripts().Select(script => script.Name).ToHashSet();
        var made = await MadeAsync(connection);
        if (made.Except(known).FirstOrDefault(step => step.EndsWith(Contracts, StringComparison.Ordinal)) is { } newer)
            throw new StoreException(
                $"the schema of PostgreSQL {name} is newer than this version of qgad: it has no {newer}", "Upgrade this node");
        return known.IsSubsetOf(made);
    }

    private static async Task<HashSet<string>> MadeAsync(NpgsqlConnection connection)
    {
        await using var there = new NpgsqlCommand($"SELECT to_regclass('{Steps}') IS NOT NULL", connection);
        if (await there.ExecuteScalarAsync() is not true) return [];
        await using var read = new NpgsqlCommand($"SELECT scriptname FROM {Steps}", connection);
        await using var rows = await read.ExecuteReaderAsync();
        var made = new HashSet<string>();
        while (await rows.ReadAsync()) made.Add(rows.GetString(0));
        return made;
    }

    private void Upgrade()
    {
        var result = DeployChanges.To
            .PostgresqlDatabase(new PostgresqlConnectionManager(server))
            .JournalToPostgresqlTable(null, Steps)
            .WithScripts(Scripts())
            .WithVariablesDisabled()
            .WithTransactionPerScript()
            .WithExecutionTimeout(TimeSpan.FromMinutes(10))
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
            throw PostgresFailure.Of(result.Error, $"{name}, step {result.ErrorScript?.Name}");
    }

    private static IEnumerable<SqlScript> Scripts() =>
        from resource in Assembly.GetExecutingAssembly().GetManifestResourceNames()
        where resource.EndsWith(".sql", StringComparison.Ordinal)
        orderby resource
        select SqlScript.FromStream(resource, Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
}
