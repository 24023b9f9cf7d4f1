namespace QgaOrchestrator.Hooks.Tests.Guest;

/// <summary>One database server for all tests of a class, started by the first that asks for it: each leaves it in service.</summary>
public sealed class OneServer : IAsyncLifetime
{
    private Server? _server;

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Skips where there is none; in CI that is a failure.</summary>
    internal async Task<T> OfAsync<T>(Func<Task<T>> start) where T : Server => (T)(_server ??= await start());

    public async Task DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
