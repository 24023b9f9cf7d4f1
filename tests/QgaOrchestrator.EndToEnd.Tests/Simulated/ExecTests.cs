using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Commands and processes over a fleet, through qgad and qgactl.</summary>
[Collection(nameof(SharedNode))]
public sealed class ExecTests(SharedNode shared)
{
    private const int Vms = 20;

    [Fact]
    public async Task A_process_runs_once_in_each_VM_and_equal_outputs_are_shown_together()
    {
        var started = new int[Vms];
        await using var lab = await shared.StartAsync(Vms, new FleetOptions(), fleet =>
        {
            for (var i = 0; i < Vms; i++)
            {
                var at = i;
                fleet.Vms[i].Guest.Programs["/bin/version"] = (_, _) =>
                {
                    started[at]++;
                    return new GuestExit(at == 3 ? 2 : 0, at % 2 == 0 ? "even\n" : "odd\n");
                };
            }
        });
        await lab.WaitForReadyAsync(Vms);

        var (code, output, _) = await lab.Node.CtlAsync(
            "vm", "exec", "--select", "*", "--yes", "--max-failures", "1", "--", "/bin/version");
        Assert.Equal(3, code);
        var run = (await SimulatedLab.ListAsync(lab.Client.ListRunsAsync()))[0];
        Assert.Equal((RunStates.Partial, 19, 1), (run.State, run.Items.Succeeded, run.Items.Failed));
        Assert.All(started, count => Assert.Equal(1, count));
        Assert.Contains("exit code 2", output, StringComparison.Ordinal);

        var (_, grouped, _) = await lab.Node.CtlAsync("run", "results", run.Id, "--group");
        Assert.StartsWith($"10 VMs: {lab.Vm(1)}, {lab.Vm(3)}", grouped, StringComparison.Ordinal);
        Assert.Contains($"9 VMs: {lab.Vm(2)}, {lab.Vm(6)}", grouped, StringComparison.Ordinal);
        Assert.Equal(new ToolResult(0, "odd\n", ""), await lab.Node.CtlAsync("run", "results", run.Id, "--vm", lab.Vm(2)));
    }

    [Fact]
    public async Task One_VMs_process_gives_its_code_and_its_output()
    {
        await using var lab = await shared.StartAsync(1);
        await lab.WaitForReadyAsync(1);
        Assert.Equal(new ToolResult(0, "a b\n", ""), await lab.Node.CtlAsync("vm", "exec", lab.Vm(1), "--", "/bin/echo", "a", "b"));
        Assert.Equal(7, (await lab.Node.CtlAsync("vm", "exec", lab.Vm(1), "--", "/bin/sh", "-c", "exit 7")).ExitCode);
        Assert.Equal(125, (await lab.Node.CtlAsync("vm", "exec", lab.Vm(1), "--", "/bin/nowhere")).ExitCode);
    }

    [Fact]
    public async Task A_run_goes_on_with_its_environment_after_a_crash_and_no_file_holds_it_at_the_end()
    {
        const string marker = "marker-3nv1r0nment";
        var (held, end) = (
            new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        await using var lab = await SimulatedLab.StartAsync(3, new FleetOptions(), fleet =>
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

        var ended = await lab.EndOfAsync(run.Id);
        Assert.Equal((RunStates.Succeeded, "[\"TOKEN=***\"]"), (ended.State, ended.Options!["env"]!.ToJsonString()));
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
        await using var lab = await SimulatedLab.StartAsync(Vms, new FleetOptions(), fleet =>
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
