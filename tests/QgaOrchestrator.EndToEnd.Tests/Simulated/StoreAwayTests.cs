using System.Net;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Databases;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A real PostgreSQL hangs, ends and comes back under a run: no guest waits for it.</summary>
public sealed class StoreAwayTests
{
    private const int Vms = 20;

    /// <summary>Longer than a request waits for the store, on a machine that has other work.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(6);

    [SkippableTheory]
    [InlineData("hangs")]
    [InlineData("is killed")]
    public async Task While_the_store_is_away_guests_are_thawed_and_the_run_ends_when_it_is_back(string how)
    {
        await using var server = await StartAsync();
        await using var lab = await SimulatedLab.StartAsync(Vms, settings: Settings(server));
        await lab.WaitForReadyAsync(Vms);
        var stopped = lab.At(Vms / 2, fact => fact.Kind == "freeze", () => Stop(server, how));
        var run = await lab.StartBackupAsync();
        var since = await stopped;

        await lab.WaitForThawAsync();
        using var answer = await lab.Node.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("degraded", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(Vms, (await lab.VmsAsync()).Count);
        Assert.Equal(run, (await lab.Client.GetRunAsync(run).WaitAsync(Soon)).Id);
        var refused = await Assert.ThrowsAsync<ApiException>(() => lab.StartBackupAsync().WaitAsync(Soon));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, ProblemCodes.StoreUnavailable), (refused.Status, refused.Problem.Code));

        await GoOnAsync(server, how);
        // For a second after a failure the node does not ask again, and who begins to watch a run is told so.
        await Poll.ForAsync("store", SimulatedLab.Limit, async () =>
        {
            using var ready = await lab.Node.GetAsync("/readyz");
            return (await ready.Content.ReadAsStringAsync()).Contains("degraded", StringComparison.Ordinal) ? null : "is back";
        });
        Assert.Equal(RunStates.Succeeded, (await lab.EndOfAsync(run)).State);
        Assert.Equal(run, Assert.Single(await SimulatedLab.ListAsync(lab.Client.ListRunsAsync())).Id);
        Assert.All(lab.Fleet.Vms, vm => Assert.Equal(1, vm.Guest.Epoch));
        await lab.AssertNothingLeftAsync(Vms);
        Assert.InRange(lab.Fleet.LongestFrozenAfter(since.At), TimeSpan.MinValue, TimeSpan.FromSeconds(5));
    }

    [SkippableFact]
    public async Task A_node_that_starts_without_its_store_waits_serves_its_VMs_and_goes_on()
    {
        await using var server = await StartAsync();
        await using var lab = await SimulatedLab.StartAsync(Vms, settings: Settings(server));
        await lab.WaitForReadyAsync(Vms);
        var token = (await lab.Client.AddTokenAsync(new("other", "viewer"))).Secret;
        await lab.Node.StopAsync();
        await server.KillAsync();

        var started = lab.Node.StartAgainAsync();
        await WaitForServiceAsync(lab);
        await lab.WaitForReadyAsync(Vms);
        using (var answer = await lab.Node.GetAsync("/readyz"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.Contains("waiting for the store", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
        using (var other = lab.Node.Client(token))
            Assert.Equal(Vms, (await SimulatedLab.ListAsync(other.ListVmsAsync())).Count);
        Assert.False(started.IsCompleted);

        await server.StartAgainAsync();
        await started;
        Assert.Equal(RunStates.Succeeded, (await lab.BackupAsync()).Run.State);
    }

    private static async Task WaitForServiceAsync(SimulatedLab lab) =>
        await Poll.ForAsync("list of VMs", SimulatedLab.Limit, async () =>
        {
            try
            {
                return await lab.VmsAsync();
            }
            catch (Exception e) when (
                e is NodeUnreachableException or ApiException { Status: HttpStatusCode.ServiceUnavailable })
            {
                return null;
            }
        });

    private static Task<PostgresServer> StartAsync()
    {
        Skip.If(PostgresServer.WhyNot is not null && !LabHost.MustWork, PostgresServer.WhyNot);
        return PostgresServer.StartAsync();
    }

    private static string[] Settings(PostgresServer server) =>
    [
        "--Store:Provider=postgresql",
        $"--Store:ConnectionString=Host={server.Folder};Database=postgres;Username={PostgresServer.User}",
        "--Freeze:Lease=00:00:04",
    ];

    private static void Stop(PostgresServer server, string how)
    {
        if (how == "hangs") server.SignalAll(HostProcess.SigStop);
        else server.SignalAll(HostProcess.SigKill);
    }

    private static async Task GoOnAsync(PostgresServer server, string how)
    {
        if (how == "hangs")
        {
            server.SignalAll(HostProcess.SigCont);
            return;
        }
        await server.KillAsync();
        await server.StartAgainAsync();
    }
}
