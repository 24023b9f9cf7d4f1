using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>Starts a run that changes guests, follows it, and shows what the guests gave back.</summary>
internal static class FleetRun
{
    public static async Task<int> StartAsync(
        CliHost host, QgaClient client, RunRequest request, bool yes, string question, bool json, CancellationToken cancel)
    {
        var dry = request.Options?["dryRun"]?.GetValue<bool>() == true;
        if (!dry && !Confirmation.Given(host, yes, question)) return ExitCodes.Failed;
        var started = await RunFollower.StartAsync(() => client.StartRunAsync(request, cancel)).ConfigureAwait(false);
        var code = await new RunFollower(host, client, json).FollowAsync(started.Id, cancel).ConfigureAwait(false);
        if (!json && !dry) host.Out.WriteLine($"See the output of the VMs: qgactl run results {started.Id}");
        return code;
    }
}
