using QgaOrchestrator.Api;
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
}
