using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Databases;

namespace QgaOrchestrator.Hooks.Tests.Guest;

/// <summary>One database server for all tests of a class, started by the first that asks for it: each leaves it in service.</summary>
public sealed class OneServer : IAsyncLifetime
{
    private DatabaseServer? _server;

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Skips where there is none; in CI that is a failure.</summary>
    internal async Task<T> OfAsync<T>(Func<Task<T>> start) where T : DatabaseServer => (T)(_server ??= await start());

    /// <summary>The same, of PostgreSQL.</summary>
    internal Task<PostgresServer> PostgresAsync()
    {
        Skip.If(PostgresServer.WhyNot is not null && !LabHost.MustWork, PostgresServer.WhyNot);
        return OfAsync(() => PostgresServer.StartAsync());
    }

    public async Task DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
