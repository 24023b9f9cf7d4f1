using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>Starts a run that changes guests, and follows it to its end.</summary>
internal static class FleetRun
{
    public static async Task<int> StartAsync(
        CliHost host, QgaClient client, RunRequest request, bool yes, string question, bool json, CancellationToken cancel)
    {
        var dry = request.Options?["dryRun"]?.GetValue<bool>() == true;
        if (!dry && !Confirmation.Given(host, yes, question)) return ExitCodes.Failed;
        var started = await RunFollower.StartAsync(host, () => client.StartRunAsync(request, cancel)).ConfigureAwait(false);
        var code = await new RunFollower(host, client, json).FollowAsync(started.Id, cancel).ConfigureAwait(false);
        if (!json && !dry && host.Kinds.Of(request.Kind).HasResults)
            host.Out.WriteLine($"See the output of the VMs: qgactl run results {started.Id}");
        return code;
    }

    /// <summary>Tells that a run was started, and how to watch it.</summary>
    public static void Tell(CliHost host, Run run, bool json)
    {
        if (json)
            CliJson.Write(host.Out, run);
        else
            host.Out.WriteLine(
                $"Run {run.Id} is {run.State}, of {Text.Count(run.Items.Total, "VM")}. Watch it: qgactl run watch {run.Id}");
    }
}
