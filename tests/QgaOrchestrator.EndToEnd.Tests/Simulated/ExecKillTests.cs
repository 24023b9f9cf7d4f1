using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Processes over a fleet whose node is killed meanwhile.</summary>
[Collection(nameof(EndedNode))]
public sealed class ExecKillTests(EndedNode ended)
{
    private const int Vms = 20;

    [Fact]
    public async Task A_run_goes_on_with_its_environment_after_a_crash_and_no_file_holds_it_at_the_end()
    {
        const string marker = "marker-3nv1r0nment";
        var (held, end) = (
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        await using var lab = await ended.StartAsync(3, new FleetOptions(), fleet =>
        {
            foreach (var vm in fleet.Vms)
            {
                vm.Guest.Programs["/bin/env"] = (_, _) =>
                {
                    held.TrySetResult();
                    return new GuestExit(0) { Until = end.Task };
                };
            }
        });
        await lab.WaitForReadyAsync(3);
        var run = await lab.Client.StartRunAsync(new RunRequest(ExecKind.Name, "*", new JsonObject
        {
            ["path"] = "/bin/env",
            ["env"] = new JsonArray($"TOKEN={marker}"),
            ["maxParallel"] = 1,
        }));
        await held.Task.WaitAsync(SimulatedLab.Limit);
        Assert.Equal([$"{run.Id}.json"], await HoldersAsync(lab.Node.Data, marker));
        lab.Node.Signal(HostProcess.SigKill);
        await lab.Node.WaitForEndAsync();
        await lab.Node.StartAgainAsync();
        end.SetResult();

        var over = await lab.EndOfAsync(run.Id);
        Assert.True(over.State == RunStates.Succeeded, string.Join('\n', (await lab.ItemsAsync(run.Id)).Values));
        Assert.Equal("[\"TOKEN=***\"]", over.Options!["env"]!.ToJsonString());
        Assert.All(lab.Fleet.Vms, vm => Assert.Equal([$"TOKEN={marker}"], vm.Guest.LastEnvironment!));
        Assert.Empty(await HoldersAsync(lab.Node.Folder, marker));
    }

    /// <summary>The names of all files below that hold this text; grep reads what is locked, too, as .NET does not.</summary>
    private static async Task<IReadOnlyList<string>> HoldersAsync(string directory, string text)
    {
        var found = await Tool.RunAsync(
            "grep", ["--recursive", "--devices=skip", "--text", "--files-with-matches", "--fixed-strings", text, directory]);
        Assert.True(found.ExitCode is 0 or 1, found.Error);
        return [.. found.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(path => Path.GetFileName(path))];
    }

    [Fact]
    public async Task A_node_killed_during_a_run_of_processes_starts_none_of_them_twice()
    {
        var started = new int[Vms];
        await using var lab = await ended.StartAsync(Vms, new FleetOptions(), fleet =>
        {
            for (var i = 0; i < Vms; i++)
            {
                var at = i;
                fleet.Vms[i].Guest.Programs["/bin/once"] = (_, _) => new GuestExit(Interlocked.Increment(ref started[at]) - 1);
            }
        });
        await lab.WaitForReadyAsync(Vms);
        var run = await lab.Client.StartRunAsync(
            new RunRequest(
                ExecKind.Name,
                "*",
                new JsonObject
                {
                    ["path"] = "/bin/once",
                    ["maxParallel"] = 2,
                    ["maxFailures"] = "100%",
                }
            )
        );
        await Poll.UntilAsync("some processes", SimulatedLab.Limit, () => started.Count(count => count > 0) > 3);
        lab.Node.Signal(HostProcess.SigKill);
        await lab.Node.WaitForEndAsync();
        await lab.Node.StartAgainAsync();

        var end = await lab.EndOfAsync(run.Id);
        Assert.All(started, count => Assert.InRange(count, 0, 1));
        Assert.Equal(Vms, end.Items.Succeeded + end.Items.Unknown);
        Assert.InRange(end.Items.Unknown, 0, 2);
    }
}
