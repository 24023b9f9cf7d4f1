using Akka.Actor;
using Akka.TestKit;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>A VM whose guest comes to this QEMU by migration, or leaves it. What the directory knows the test says.</summary>
public class MovedVmTests : OneHost
{
    private static readonly VmId There = new("h2", "vm001");

    private readonly Guid _uuid = Guid.NewGuid();

    [Fact]
    public async Task A_guest_that_comes_in_frozen_by_us_is_thawed_as_soon_as_it_runs()
    {
        Directory(new MoveTold(FreezeWord.Ours, HasCopy: true, null));
        await ComeInAsync();
        await Simulated.Journal.Until(fact => fact.Kind == "thaw").WaitAsync(Limit);
        SeeVm(vm => vm is { Frozen: false, Agent: AgentState.Ready, RunState: "running" });
        AwaitAssert(
            () =>
            {
                lock (Audited) Assert.Contains("came here frozen", Assert.Single(Audited).Detail, StringComparison.Ordinal);
            },
            Limit);
        await EntryAsync(entry => entry is null);
    }

    [Fact]
    public async Task A_guest_that_comes_in_frozen_by_nobody_known_is_thawed_by_its_lease()
    {
        Limits = new(Long, TimeSpan.FromMilliseconds(600));
        await ComeInAsync();
        await Simulated.Journal.Until(fact => fact.Kind == "thaw").WaitAsync(Limit);
        await EntryAsync(entry => entry is null);
    }

    [Fact]
    public async Task A_guest_that_comes_in_frozen_by_another_program_is_left_and_shown()
    {
        Directory(new MoveTold(FreezeWord.Others, HasCopy: true, null));
        Limits = new(Long, TimeSpan.FromMilliseconds(600));
        await ComeInAsync();
        SeeVm(vm => vm is { Frozen: true, FrozenBy: VmStatus.SomebodyElse, Agent: AgentState.Ready });
        Assert.Null(Entry);
        Assert.True(Vm.Guest.IsFrozen);
    }

    [Fact]
    public async Task An_item_waits_until_a_guest_that_came_in_frozen_is_thawed()
    {
        Directory(new MoveTold(FreezeWord.Ours, HasCopy: true, null));
        await ComeInAsync(() => Order(Item()));
        Assert.Equal(ItemState.Succeeded, Outcome(Item()).State);
        // The freeze that it brought along, and the item's own.
        Assert.Equal(2, Vm.Guest.Freezes.Count);
    }

    [Fact]
    public async Task A_window_whose_guest_leaves_is_closed_and_its_freeze_stays_shown()
    {
        Directory(new MoveTold(FreezeWord.Ours, HasCopy: true, There));
        Vm.Uuid = _uuid;
        await StartAsync();
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-fsfreeze-freeze"));
        SeeVm(vm => vm is { Frozen: true, FrozenCertain: true });
        Leave();
        SeeVm(vm => vm is { Frozen: true, FrozenCertain: false, FrozenBy: "raw freeze", RunState: QemuStates.Left });
        var entry = await EntryAsync(entry => entry is null or { Phase: LedgerPhase.Thawed });
        Assert.Null(entry?.Facts.ThawedAt);

        var refused = Assert.IsType<CallReply.Refused>(await CallAsync("guest-ping"));
        Assert.Equal(CallRefusal.Unreachable, refused.Why);
        Assert.Contains("h2/vm001", refused.Reason, StringComparison.Ordinal);

        // It goes on here after all: then it is thawed here.
        Vm.Resume();
        await Simulated.Journal.Until(fact => fact.Kind == "thaw").WaitAsync(Limit);
        SeeVm(vm => vm is { Frozen: false, RunState: "running", Agent: AgentState.Ready });
    }

    [Fact]
    public async Task An_item_of_a_VM_that_has_left_is_interrupted_and_names_the_place()
    {
        Directory(new MoveTold(FreezeWord.Unknown, HasCopy: true, There));
        Vm.Uuid = _uuid;
        await StartAsync();
        Leave();
        SeeVm(vm => vm is { RunState: QemuStates.Left });
        var outcome = Run(Item());
        Assert.Equal((ItemState.Interrupted, There), (outcome.State, outcome.MovedTo));
        Assert.Contains("has moved to h2/vm001", outcome.Reason, StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_guest_that_comes_in_between_two_questions_of_the_first_look_is_thawed()
    {
        Directory(new MoveTold(FreezeWord.Ours, HasCopy: true, null));
        (Vm.Uuid, Vm.Migration) = (_uuid, "active");
        Vm.SetStatus(QemuStates.Waits);
        Vm.Guest.FreezeBySomebodyElse();
        Vm.Monitor.On("query-migrate", Act.Execute, Act.Reply, Act.Do(() =>
        {
            Vm.Migration = "completed";
            Vm.Resume();
        }));
        Begin();
        await Simulated.Journal.Until(fact => fact.Kind == "thaw").WaitAsync(Limit);
    }

    [Fact]
    public async Task A_guest_of_which_only_a_later_look_tells_that_it_came_in_is_thawed()
    {
        Directory(new MoveTold(FreezeWord.Ours, HasCopy: true, null));
        (Vm.Uuid, Vm.Migration) = (_uuid, "completed");
        Vm.Guest.FreezeBySomebodyElse();
        var rule = Vm.Monitor.On("query-migrate", Act.Error("no such command"));
        Begin();
        SeeVm(vm => vm is { RunState: "running", Agent: AgentState.Ready });
        rule.Dispose();
        Vm.Pause();
        Vm.Resume();
        await Simulated.Journal.Until(fact => fact.Kind == "thaw").WaitAsync(Limit);
    }

    private void Leave()
    {
        Vm.Migration = "completed";
        Vm.SetStatus(QemuStates.Left);
        Vm.Monitor.Emit("STOP");
    }

    /// <summary>The guest was frozen elsewhere, and comes to run here.</summary>
    /// <param name="before">Just before.</param>
    private async Task ComeInAsync(Action? before = null)
    {
        (Vm.Uuid, Vm.Migration) = (_uuid, "active");
        Vm.SetStatus(QemuStates.Waits);
        Vm.Guest.FreezeBySomebodyElse();
        var beat = Watchdog.NextBeat();
        Begin();
        SeeVm(vm => vm is { RunState: QemuStates.Waits, Agent: AgentState.Absent, Frozen: false });
        await beat.WaitAsync(Limit);
        Vm.Migration = "completed";
        Vm.Resume();
        SeeVm(vm => vm is { RunState: "running" });
        before?.Invoke();
    }

    /// <summary>What this node's directory knows of moves.</summary>
    private void Directory(MoveTold told) => Fleet.SetAutoPilot(new DelegateAutoPilot((sender, message) =>
    {
        if (message is FindMove) sender.Tell(told);
        return AutoPilot.KeepRunning;
    }));
}
