using QgaOrchestrator.Lab;

namespace QgaOrchestrator.Hooks.Tests.Guest;

/// <summary>50-postgresql with a real server.</summary>
public sealed class PostgresTests(OneServer one) : IClassFixture<OneServer>
{
    [SkippableFact]
    public async Task A_freeze_makes_a_checkpoint()
    {
        var server = await one.PostgresAsync();
        using var hook = new InstalledHook();
        hook.AddOurs("50-postgresql", $"SOCKETS={server.Folder}\n");
        var before = await server.AskAsync("SELECT checkpoint_lsn FROM pg_control_checkpoint()");
        await server.AskAsync("CREATE TABLE t (a int)");
        Assert.Equal("50-postgresql", (await hook.FreezeAndThawAsync()).Scripts);
        Assert.NotEqual(before, await server.AskAsync("SELECT checkpoint_lsn FROM pg_control_checkpoint()"));
    }

    [SkippableFact]
    public async Task A_server_that_does_not_answer_stops_the_freeze()
    {
        var server = await one.PostgresAsync();
        using var hook = new InstalledHook();
        hook.Limit(1);
        hook.AddOurs("50-postgresql", $"SOCKETS={server.Folder}\n");
        server.Signal(HostProcess.SigStop);
        Assert.Contains("longer than 1 s", await hook.RefusalAsync(), StringComparison.Ordinal);
        server.Signal(HostProcess.SigCont);
        Assert.True((await hook.FreezeAndThawAsync()).Reported);
    }

    /// <summary>It would be a false claim to say of a server that was not found that it was told.</summary>
    [SkippableFact]
    public async Task No_server_at_all_stops_the_freeze()
    {
        using var hook = new InstalledHook();
        hook.AddOurs("50-postgresql", $"SOCKETS={hook.Folder}\n");
        Assert.Contains("no PostgreSQL runs with a socket in", await hook.RefusalAsync(), StringComparison.Ordinal);
    }
}
