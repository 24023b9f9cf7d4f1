using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Each fault of a VM is reported with reason and remedy, is undone, and harms no other VM.</summary>
[Collection(nameof(SharedNode))]
public sealed class ReasonsTests(SharedNode shared)
{
    /// <summary>A fault for each of the first VMs; what follows them is healthy.</summary>
    private static readonly (string What, Action<SimulatedVm> Put, string State, string Reason)[] Faults =
    [
        (
            "target full when it is allocated",
            vm => vm.Jobs.Fail("create", "No space left on device"),
            ItemStates.Failed,
            "No space left on device"
        ),
        (
            "target full in the copy",
            vm => vm.Jobs.Fail("backup", "No space left on device"),
            ItemStates.Failed,
            "No space left on device"
        ),
        ("transaction refused", vm => vm.Monitor.On("transaction", Act.Error("node is busy")), ItemStates.Failed, "node is busy"),
        ("paused", vm => vm.Pause(), ItemStates.Failed, "paused"),
        ("inmigrate", vm => vm.SetStatus("inmigrate"), ItemStates.Failed, "inmigrate"),
        ("frozen by somebody else", vm => vm.Guest.FreezeBySomebodyElse(), ItemStates.Failed, "frozen by somebody else"),
        ("no monitor's socket", vm => File.Delete(vm.MonitorPath), ItemStates.Failed, "monitor"),
        ("no agent", vm => vm.Agent.Stop(), ItemStates.Unreachable, "no answer"),
    ];

    private const int Healthy = 4;

    [Fact]
    public async Task An_address_that_somebody_holds_is_told_in_one_line_with_the_remedy()
    {
        await using var lab = await shared.StartAsync(0);
        var error = await Assert.ThrowsAsync<LabException>(() =>
            SimulatedLab.StartAsync(0, settings: $"--Node:Api={lab.Client.Api}"));
        Assert.Contains("qgad ended with 2", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            "address already in use. End the program that holds it, or name another address as Node.Api or another port as "
                + "Cluster.ApiPort.",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("Unhandled", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_fault_is_told_with_reason_and_remedy_and_the_others_are_backed_up()
    {
        await using var lab = await StartAsync();

        var (run, items) = await lab.BackupAsync();

        Assert.Equal(RunStates.Partial, run.State);
        foreach (var (fault, vm) in Faults.Zip(lab.Fleet.Vms))
        {
            var item = items[vm.Name];
            Assert.True(
                item.State == fault.State && item.Reason!.Contains(fault.Reason, StringComparison.OrdinalIgnoreCase),
                $"{fault.What}: {item}"
            );
            Assert.False(string.IsNullOrEmpty(item.Remedy), $"{fault.What}: {item}");
        }
        Assert.All(lab.Fleet.Vms.Skip(Faults.Length), vm => Assert.Equal(ItemStates.Succeeded, items[vm.Name].State));
        var foreign = Assert.Single(lab.Fleet.Vms, vm => vm.Guest.IsFrozen);
        foreign.Guest.ThawBySomebodyElse(); // it was not ours to thaw
        await lab.AssertNothingLeftAsync(Healthy);
    }

    [Fact]
    public async Task With_consistency_prefer_a_VM_that_cannot_freeze_is_still_cut_as_class_crash()
    {
        await using var lab = await StartAsync();

        var (_, items) = await lab.BackupAsync(new JsonObject { ["consistency"] = "prefer" }, $"name in ({lab.Vm(6)},{lab.Vm(8)},{lab.Vm(9)})");

        Assert.All(items.Values, item => Assert.Equal(ItemStates.Succeeded, item.State));
        Assert.Equal(("crash", "crash", "filesystem"), (items[lab.Vm(6)].Class, items[lab.Vm(8)].Class, items[lab.Vm(9)].Class));
        Assert.True(lab.Fleet.Vms[5].Guest.IsFrozen);
        lab.Fleet.Vms[5].Guest.ThawBySomebodyElse();
        await lab.AssertNothingLeftAsync(3);
    }

    [Fact]
    public async Task Without_consistency_no_guest_is_frozen()
    {
        await using var lab = await StartAsync();

        var (_, items) = await lab.BackupAsync(new JsonObject { ["consistency"] = "none" }, $"name in ({lab.Vm(8)},{lab.Vm(9)},{lab.Vm(10)})");

        Assert.All(items.Values, item => Assert.Equal((ItemStates.Succeeded, "crash"), (item.State, item.Class)));
        Assert.All(items.Keys, vm => Assert.Equal(0, lab.Fleet[vm].Guest.Epoch));
        lab.Fleet.Vms[5].Guest.ThawBySomebodyElse();
        await lab.AssertNothingLeftAsync(3);
    }

    private async Task<SimulatedLab> StartAsync()
    {
        var lab = await shared.StartAsync(Faults.Length + Healthy, null, fleet =>
        {
            foreach (var (fault, vm) in Faults.Zip(fleet.Vms)) fault.Put(vm);
        });
        // All but the paused one, the one that arrives, and the one without agent.
        await lab.WaitForReadyAsync(Faults.Length + Healthy - 3);
        return lab;
    }
}
