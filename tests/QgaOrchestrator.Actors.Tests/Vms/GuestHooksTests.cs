using Akka.Actor;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>The status of the guest's hook, read through the guest's channel.</summary>
public class GuestHooksTests : OneHost
{
    [Fact]
    public async Task A_freeze_and_its_thaw_are_seen_in_the_hooks_own_status()
    {
        Vm.Guest.Reports = new ReportingHook(Vm.Guest.Files, "50-postgresql");
        await StartAsync();
        var before = await ReadAsync();
        Assert.IsType<HookReading.Absent>(before);
        Vm.Guest.FreezeBySomebodyElse();
        Vm.Guest.ThawBySomebodyElse();

        Assert.Equal(new HookReport(true, "50-postgresql", null), HookReport.Judge(before, await ReadAsync()));
        Assert.Equal(0, Vm.Guest.Files.OpenHandles);
    }

    [Fact]
    public async Task An_agent_whose_file_commands_are_disabled_tells_nothing_and_says_so()
    {
        Vm.Guest.Files.Allowed = false;
        await StartAsync();
        var reading = Assert.IsType<HookReading.Unreadable>(await ReadAsync());
        Assert.Contains("does not allow guest-file-open", reading.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_ours_tells_nothing_and_its_handle_is_closed()
    {
        Vm.Guest.Files[GuestHooks.StatusFile] = "{"u8.ToArray();
        await StartAsync();
        Assert.IsType<HookReading.Unreadable>(await ReadAsync());
        Assert.Equal(0, Vm.Guest.Files.OpenHandles);
    }

    private async Task<HookReading> ReadAsync() => await GuestHooks.ReadAsync(await ChannelAsync());

    /// <summary>The VM's own actor: commands of items do not go through the region.</summary>
    private Task<IActorRef> ChannelAsync() => Sys.ActorSelection(Vms.Path / Id.Entity).ResolveOne(Limit);
}
