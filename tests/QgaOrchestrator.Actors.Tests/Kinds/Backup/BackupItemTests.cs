using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Kinds.Backup;

/// <summary>One VM's backup through its whole life, against a simulated QEMU and agent.</summary>
public class BackupItemTests : OneHost
{
    [Fact]
    public async Task A_dry_run_tells_what_its_method_warns_of()
    {
        await StartAsync();
        var order = Item();
        var outcome = Run(order with { Options = order.Options with { DryRun = true } });
        Assert.Equal(ItemState.Succeeded, outcome.State);
        Assert.Contains("QEMU 7.2 lets a guest's write fail", outcome.Reason, StringComparison.Ordinal);
        Assert.Contains("a target that is as reliable as the disk", outcome.Remedy, StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_healthy_guest_gives_a_point_of_its_frozen_file_systems_and_leaves_nothing_else()
    {
        await StartAsync();
        var outcome = Run(Item());

        Assert.Equal((ItemState.Succeeded, null), (outcome.State, outcome.Reason));
        Assert.Equal("filesystem", BackupValues.Of(outcome.Values).Point!.Class);
        Assert.Equal(["0.qcow2", "1.qcow2", "point.json"], Files());
        Assert.True(Assert.Single(Vm.Cuts).Frozen);
        Assert.Equal((2, false), (Assert.Single(Vm.Guest.Freezes).Count, Vm.Guest.IsFrozen));
        Assert.Empty(Vm.Blocks.Leftovers);
        Assert.Empty(Vm.Jobs.All);
    }

    [Fact]
    public async Task The_ledgers_entry_stays_until_the_run_has_journalled_the_outcome()
    {
        await StartAsync();
        Order(Item());
        Runs.FishForMessage<ItemEnded>(_ => true, Limit);
        var entry = await EntryAsync(e => e is { Phase: LedgerPhase.Thawed });
        Assert.Equal((2, 2, "node", null), (entry!.Facts.Frozen, entry.Facts.Thawed, entry.Facts.ThawedBy, entry.Facts.Broken));
        Assert.True(entry.Facts.FrozenAfterMs <= entry.Facts.CutAfterMs && entry.Facts.CutAfterMs <= entry.Facts.ThawedAfterMs);

        Vms.Tell(new ItemJournalled(Id, "r1", 0, 1));
        Assert.Null(await EntryAsync(e => e is null));
    }

    [Fact]
    public async Task A_repeat_of_the_order_is_recognised_and_answered_with_the_same_outcome()
    {
        await StartAsync();
        Order(Item());
        Order(Item(resume: true));
        var first = Runs.FishForMessage<ItemEnded>(_ => true, Limit);
        Order(Item(resume: true));
        Assert.Equal(first, Runs.FishForMessage<ItemEnded>(_ => true, Limit));
        Assert.Single(Vm.Guest.Freezes);
    }

    [Fact]
    public async Task A_transaction_that_qemu_refuses_fails_the_item_and_thaws_at_once()
    {
        Vm.Monitor.On("transaction", Act.Error("no space"));
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Contains("no space", outcome.Reason);
        Assert.False(Vm.Guest.IsFrozen);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_cut_whose_answer_is_lost_is_undone()
    {
        Vm.Monitor.On("transaction", Act.Execute, Act.Disconnect).Once();
        await StartAsync();
        Assert.Equal(ItemState.Failed, Run(Item()).State);
        Assert.False(Vm.Guest.IsFrozen);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_full_target_fails_before_the_freeze()
    {
        Vm.Jobs.Fail("create", "No space left on device");
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Contains("No space left", outcome.Reason);
        Assert.Empty(Vm.Guest.Freezes);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_copy_that_fails_after_a_good_window_makes_no_point()
    {
        Vm.Jobs.Fail("backup", "Input/output error");
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Contains("Input/output error", outcome.Reason);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_guest_without_agent_is_unreachable_where_consistency_is_required()
    {
        Vm.Agent.Stop();
        Begin();
        SeeVm(vm => vm is { Agent: AgentState.Absent, RunState: not null });
        Assert.Equal(ItemState.Unreachable, Run(Item()).State);
        NothingIsLeft();
    }

    [Fact]
    public async Task Consistency_prefer_goes_on_without_an_agent_and_the_point_says_crash()
    {
        Vm.Agent.Stop();
        Begin();
        SeeVm(vm => vm is { Agent: AgentState.Absent, RunState: not null });
        var outcome = Run(Item(Consistency.Prefer));
        Assert.Equal((ItemState.Succeeded, "crash"), (outcome.State, BackupValues.Of(outcome.Values).Point?.Class));
    }

    [Fact]
    public async Task Consistency_prefer_cuts_the_running_guest_when_its_freeze_fails()
    {
        Vm.Agent.On("guest-fsfreeze-freeze", Act.Error("hook failed"));
        await StartAsync();
        var outcome = Run(Item(Consistency.Prefer));
        Assert.Equal((ItemState.Succeeded, "crash"), (outcome.State, BackupValues.Of(outcome.Values).Point?.Class));
        Assert.False(Assert.Single(Vm.Cuts).Frozen);
        Assert.Empty(Vm.Blocks.Leftovers);
    }

    [Fact]
    public async Task A_command_that_the_hosts_policy_denies_is_not_sent_for_a_run_of_ours_either()
    {
        Denied = ["guest-get-fsinfo", "guest-file-open"];
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal((ItemState.Succeeded, "crash"), (outcome.State, BackupValues.Of(outcome.Values).Point?.Class));
        Assert.Empty(Vm.Agent.Heard.Intersect(Denied));
    }

    [Fact]
    public async Task A_freeze_that_the_hosts_policy_denies_is_not_sent()
    {
        Denied = ["guest-fsfreeze-freeze"];
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal((ItemState.Failed, "this host's policy denies guest-fsfreeze-freeze"), (outcome.State, outcome.Reason));
        Assert.Equal(ItemOutcome.Policy, outcome.RefusedBy);
        Assert.Equal(0, Vm.Guest.Epoch);
        NothingIsLeft();
    }

    [Fact]
    public async Task Consistency_none_never_freezes()
    {
        await StartAsync();
        var outcome = Run(Item(Consistency.None));
        Assert.Equal((ItemState.Succeeded, "crash"), (outcome.State, BackupValues.Of(outcome.Values).Point?.Class));
        Assert.Empty(Vm.Guest.Freezes);
    }
}
