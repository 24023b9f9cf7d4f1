using System.Globalization;
using Npgsql;
using QgaOrchestrator.Actors.Stores.Postgres;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Databases;

namespace QgaOrchestrator.Actors.Tests.Stores.Postgres;

/// <summary>One server for all tests that leave it in service, started by the first; a database for each test.</summary>
public sealed class OnePostgres : IAsyncLifetime
{
    private const string Empty = "template0", Made = "made";

    /// <summary>The machine may have other work.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly List<PostgresDatabase> _opened = [];
    private Task<PostgresServer>? _server;
    private int _databases;

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>A database of this test's own.</summary>
    /// <param name="empty">Without the schema.</param>
    internal Task<string> NewAsync(bool empty = false)
    {
        // Not in the task: xunit knows a skip by its type.
        Need();
        return MakeAsync(empty);
    }

    private async Task<string> MakeAsync(bool empty)
    {
        var server = await ServerAsync();
        var name = string.Create(CultureInfo.InvariantCulture, $"test{++_databases}");
        await AskAsync(server, "postgres", $"CREATE DATABASE {name} TEMPLATE {(empty ? Empty : Made)}");
        return name;
    }

    internal PostgresOptions OptionsOf(string database) => Options(_server!.Result, database);

    /// <summary>As a new process opens it.</summary>
    internal PostgresDatabase Open(string database)
    {
        var opened = new PostgresDatabase(Options(_server!.Result, database), TimeProvider.System, Limit);
        _opened.Add(opened);
        return opened;
    }

    /// <summary>What the first column of the first row says; empty: there is none.</summary>
    internal Task<string> AskAsync(string database, string sql) => AskAsync(_server!.Result, database, sql);

    public async Task DisposeAsync()
    {
        foreach (var opened in _opened) await opened.DisposeAsync();
        if (_server is { IsCompletedSuccessfully: true }) await _server.Result.DisposeAsync();
    }

    internal static PostgresOptions Options(PostgresServer server, string database) => PostgresOptions.Read(
        new GivenKeys { ["ConnectionString"] = $"Host={server.Folder};Database={database};Username={PostgresServer.User}" });

    /// <summary>Skips where there is no PostgreSQL; in CI that is a failure.</summary>
    internal static void Need() => Skip.If(PostgresServer.WhyNot is not null && !LabHost.MustWork, PostgresServer.WhyNot);

    private static async Task<string> AskAsync(PostgresServer server, string database, string sql)
    {
        await using var connection = new NpgsqlConnection(Options(server, database).Connection + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToString(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture) ?? "";
    }

    private Task<PostgresServer> ServerAsync() => _server ??= StartAsync();

    private static async Task<PostgresServer> StartAsync()
    {
        var server = await PostgresServer.StartAsync();
        await server.AskAsync($"CREATE DATABASE {Made}");
        await using var made = new PostgresDatabase(Options(server, Made), TimeProvider.System, Limit);
        await made.EnsureSchemaAsync();
        return server;
    }
}

[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<OnePostgres>
{
    public const string Name = "PostgreSQL";
}
