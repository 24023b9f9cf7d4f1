using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A rollout that is steered: paused, resumed, aborted, tried again, checked before it begins.</summary>
[Collection(nameof(SharedNode))]
public sealed class RolloutTests(SharedNode shared)
{
    [Fact]
    public async Task A_run_pauses_and_resumes_and_an_aborted_one_leaves_nothing_and_can_be_retried()
    {
        await using var lab = await shared.StartAsync(3);
        await lab.WaitForReadyAsync(3);
        var holds = lab.Fleet.Vms.Select(vm => vm.Jobs.Hold("backup")).ToList();
        var id = await lab.StartBackupAsync(new JsonObject { ["maxParallel"] = 1 });
        await StepAsync(lab, id, lab.Vm(1), "copy");

        Assert.Equal(RunStates.Pausing, (await lab.Client.PauseRunAsync(id)).State);
        holds[0].Dispose();
        await Poll.ForAsync("a paused run", SimulatedLab.Limit, async () =>
            (await lab.Client.GetRunAsync(id)) is { State: RunStates.Paused, Items.Succeeded: 1 } ? "paused" : null
        );
        Assert.Equal(RunStates.Running, (await lab.Client.ResumeRunAsync(id)).State);
        await StepAsync(lab, id, lab.Vm(2), "copy");

        Assert.Equal(RunStates.Aborting, (await lab.Client.AbortRunAsync(id, wait: false)).State);
        var run = await lab.EndOfAsync(id);
        Assert.Equal((RunStates.Aborted, 1, 2), (run.State, run.Items.Succeeded, run.Items.Cancelled));
        await lab.AssertNothingLeftAsync(1);

        foreach (var hold in holds) hold.Dispose();
        var retry = await lab.Client.RetryRunAsync(id);
        Assert.Equal((id, 2), (retry.RetryOf, retry.Items.Total));
        Assert.Equal(RunStates.Succeeded, (await lab.EndOfAsync(retry.Id)).State);
        await lab.AssertNothingLeftAsync(3);
    }

    [Fact]
    public async Task A_canary_goes_first_and_stops_the_run_where_it_fails()
    {
        await using var lab = await shared.StartAsync(
            4, null, fleet => fleet.Vms[0].Agent.On("guest-fsfreeze-freeze", Act.Error("hook failed")));
        await lab.WaitForReadyAsync(4);

        var (run, items) = await lab.BackupAsync(new JsonObject { ["canary"] = 1 });

        Assert.Equal((RunStates.Failed, 1, 3), (run.State, run.Items.Failed, run.Items.Cancelled));
        Assert.Equal("no VM of the canary succeeded", run.Reason);
        Assert.Equal(ItemStates.Failed, items[lab.Vm(1)].State);
        Assert.Empty(lab.Fleet.Cuts);
    }

    [Fact]
    public async Task A_check_tells_what_a_backup_would_meet_and_changes_nothing()
    {
        await using var lab = await shared.StartAsync(3, null, fleet => fleet.Vms[1].Agent.Mute());
        await lab.WaitForReadyAsync(2);

        var told = await lab.Node.CtlAsync("backup", "check");

        Assert.True(told.ExitCode == 3, told.Output + told.Error);
        Assert.Contains($"{lab.Vm(2)} unreachable", told.Output, StringComparison.Ordinal);
        Assert.Empty(lab.Fleet.Cuts);
        Assert.All(lab.Fleet.Vms, vm => Assert.Equal(0, vm.Guest.Epoch));
        await lab.AssertNothingLeftAsync(0);
    }

    private static Task<string> StepAsync(SimulatedLab lab, string run, string vm, string step) =>
        Poll.ForAsync(
            $"{vm} in {step}", SimulatedLab.Limit, async () => (await lab.ItemsAsync(run))[vm].Step == step ? step : null);
}
