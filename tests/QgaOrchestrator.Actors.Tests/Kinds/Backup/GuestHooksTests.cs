using Akka.Actor;
using QgaOrchestrator.Actors.Kinds.Backup;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Kinds.Backup;

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

    [Fact]
    public async Task A_point_says_application_where_every_script_reported_and_names_them()
    {
        Vm.Guest.Reports = new ReportingHook(Vm.Guest.Files, "50-postgresql", "60-mysql");
        var made = Cataloged();
        await StartAsync();
        Assert.Equal((ItemState.Succeeded, "application"), Ended(Run(Item())));
        Assert.Equal(("50-postgresql, 60-mysql", null), ((await made).Proof.Hooks, (await made).Proof.Note));
    }

    [Fact]
    public async Task A_script_that_lost_its_application_lowers_the_class_and_is_named()
    {
        Vm.Guest.Reports = new ReportingHook(Vm.Guest.Files, "60-mysql") { Status = { ["thaw 60-mysql"] = 1 } };
        var made = Cataloged();
        await StartAsync();
        Assert.Equal((ItemState.Succeeded, "filesystem"), Ended(Run(Item())));
        Assert.Contains("at the thaw, script 60-mysql", (await made).Proof.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hook_that_reports_nothing_proves_nothing()
    {
        Vm.Guest.HasHook = true;
        var made = Cataloged();
        await StartAsync();
        Assert.Equal((ItemState.Succeeded, "filesystem"), Ended(Run(Item())));
        Assert.Contains("no freeze hook in the guest reports", (await made).Proof.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_that_makes_the_guest_refuse_is_the_items_reason()
    {
        Vm.Guest.Reports = new ReportingHook(Vm.Guest.Files, "60-mysql") { Status = { ["freeze 60-mysql"] = 3 } };
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal(
            (ItemState.Failed, "the guest refused to freeze: script 60-mysql of the guest's freeze hook failed (status 3)"),
            (outcome.State, outcome.Reason)
        );
        Assert.Equal(ItemOutcome.Guest, outcome.RefusedBy);
        NothingIsLeft();
    }

    private static (ItemState, string?) Ended(ItemOutcome outcome) =>
        (outcome.State, BackupValues.Of(outcome.Values).Point?.Class);

    private Task<RecoveryPoint> Cataloged()
    {
        var made = new TaskCompletionSource<RecoveryPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
        Catalog = point =>
        {
            made.TrySetResult(point);
            return Task.CompletedTask;
        };
        return made.Task.WaitAsync(Limit);
    }

    private async Task<HookReading> ReadAsync() => await GuestHooks.ReadAsync(await ChannelAsync());

    /// <summary>The VM's own actor: commands of items do not go through the region.</summary>
    private Task<IActorRef> ChannelAsync() => Sys.ActorSelection(Vms.Path / Id.Entity).ResolveOne(Limit);
}
