using QgaOrchestrator.Api;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A tenth of the fleet is mute, a tenth does not return from its freeze: each is reported as what it is, and no other
/// VM waits.</summary>
[Collection(nameof(Alone))]
public sealed class FaultyAgentsTests
{
    private const int Vms = 50;
    private const string Freeze = "guest-fsfreeze-freeze";

    [Fact]
    public async Task Mute_and_hanging_guests_are_told_and_the_others_do_not_wait_for_them()
    {
        Rule late = null!, stuck = null!;
        await using var lab = await SimulatedLab.StartAsync(Vms, null, fleet =>
        {
            foreach (var vm in fleet.Vms.Take(5)) vm.Agent.Mute();
            // The agent answers again on a new connection; two of the three are frozen nevertheless.
            foreach (var vm in fleet.Vms.Skip(5).Take(2)) vm.Agent.On(Freeze, Act.Execute, Act.Deafen);
            fleet.Vms[7].Agent.On(Freeze, Act.Deafen);
            // It answers no client: one freezes only when it is released, the other is frozen until then.
            late = fleet.Vms[8].Agent.On(Freeze, Act.Hang);
            stuck = fleet.Vms[9].Agent.On(Freeze, Act.Execute, Act.Hang);
        }, "--Freeze:Timeout=00:00:02", "--Freeze:Lease=00:00:02");
        await lab.WaitForReadyAsync(Vms - 5);

        var (run, items) = await lab.BackupAsync();

        Assert.Equal(RunStates.Partial, run.State);
        string[] names = [.. lab.Fleet.Vms.Select(vm => vm.Name)];
        Assert.All(names[..5], vm => Assert.Equal(ItemStates.Unreachable, items[vm].State));
        Assert.All(names[5..8], vm => Assert.Equal(ItemStates.Failed, items[vm].State));
        Assert.All(names[8..10], vm => Assert.Equal(ItemStates.Unknown, items[vm].State));
        Assert.All(names[10..], vm => Assert.Equal(ItemStates.Succeeded, items[vm].State));
        Assert.All(names[..10], vm => Assert.True(items[vm] is { Reason.Length: > 0, Remedy.Length: > 0 }, items[vm].ToString()));
        Assert.True(names[10..].Max(vm => items[vm].EndedAt) < names[5..10].Min(vm => items[vm].EndedAt));
        Assert.True(lab.Fleet.Vms[9].Guest.IsFrozen);
        var shown = await lab.VmsAsync();
        Assert.All(names[8..10], vm => Assert.Equal(AgentStates.Quarantined, shown[vm].Agent.State));

        late.Dispose();
        stuck.Dispose();

        await lab.Fleet.Journal.Until(fact => fact.Vm == names[8] && fact.Kind == "thaw").WaitAsync(SimulatedLab.Limit);
        await lab.Fleet.Journal.Until(fact => fact.Vm == names[9] && fact.Kind == "thaw").WaitAsync(SimulatedLab.Limit);
        await lab.WaitForReadyAsync(Vms - 5);
        await lab.AssertNothingLeftAsync(Vms - 10);
        Assert.All(lab.Fleet.Cuts, cut => Assert.True(cut.Frozen));
    }
}
