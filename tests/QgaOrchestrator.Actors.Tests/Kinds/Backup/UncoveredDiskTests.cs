using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Kinds.Backup;

/// <summary>A guest with a disk that holds no file system: a database's own, or swap.</summary>
public class UncoveredDiskTests : OneHost
{
    protected override FleetOptions Options => new() { Mountpoint = index => index == 0 ? "/" : null };

    [Fact]
    public async Task A_disk_that_no_frozen_file_system_covers_lowers_the_class_and_fails_nothing()
    {
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal((ItemState.Succeeded, "crash"), (outcome.State, BackupValues.Of(outcome.Values).Point?.Class));
    }

    /// <summary>The first questions went down with the link: as when a guest is reset while its node starts.</summary>
    [Fact]
    public void A_guest_that_has_not_told_of_itself_yet_is_asked_before_it_is_judged()
    {
        Vm.Guest.Files["/proc/swaps"] = "Filename Type Size Used Priority\n/dev/vdb partition 1 0 -2\n"u8.ToArray();
        Vm.Agent.On("guest-info", Act.Disconnect).Once();
        Begin();
        SeeVm(vm => vm is { Agent: AgentState.Ready, RunState: not null, Inventory.OsId: null });
        var order = Item();
        var outcome = Run(order with { Options = order.Options with { DryRun = true } });
        Assert.Contains("(the guest swaps on /dev/vdb)", outcome.Reason, StringComparison.Ordinal);
    }
}
