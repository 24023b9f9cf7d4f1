using Akka.Actor;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>What goes wrong in a window: the guest is thawed, whatever becomes of the item.</summary>
public class WindowTests : OneHost
{
    private static readonly FreezeLimits Short = new(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(300));

    [Fact]
    public async Task A_freeze_that_hangs_and_comes_late_is_thawed_and_fails_the_item()
    {
        Limits = Short;
        var hang = Vm.Agent.On("guest-fsfreeze-freeze", Act.Hang).Once();
        await StartAsync();
        Order(Item());
        await hang.Reached.WaitAsync(Limit);
        // Its link is given up; a serial agent freezes only now.
        await Simulated.Journal.Until(fact => fact.Kind == "disconnect").WaitAsync(Limit);
        hang.Release();
        await Simulated.Journal.Until(fact => fact.Kind == "thaw").WaitAsync(Limit);
        var outcome = Outcome(Item());
        Assert.Contains(outcome.State, new[] { ItemState.Failed, ItemState.Unknown });
        Assert.False(Vm.Guest.IsFrozen);
        Assert.Empty(Vm.Cuts);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_freeze_whose_reply_is_lost_with_its_link_is_thawed_on_a_new_one()
    {
        Vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Disconnect).Once();
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Contains("lost", outcome.Reason);
        Assert.False(Vm.Guest.IsFrozen);
        Assert.Single(Vm.Guest.Freezes);
        Assert.Empty(Vm.Cuts);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_freeze_whose_connection_went_deaf_is_thawed_on_a_new_one()
    {
        Limits = Short;
        Vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Deafen).Once();
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.False(Vm.Guest.IsFrozen);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_guest_that_never_answers_ends_the_item_unknown_and_is_thawed_when_it_is_back()
    {
        Limits = Short;
        var hang = Vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Hang).Once();
        await StartAsync();
        Order(Item());
        await hang.Reached.WaitAsync(Limit);
        SeeVm(vm => vm.Agent == AgentState.Quarantined);
        Assert.Equal(ItemState.Unknown, Outcome(Item()).State);
        Assert.True(Vm.Guest.IsFrozen);
        Assert.Equal(CallRefusal.Frozen, Assert.IsType<CallReply.Refused>(await CallAsync("guest-ping")).Why);

        hang.Release();
        await Vm.Guest.WhenThawed().WaitAsync(Limit);
        SeeVm(vm => vm.Agent == AgentState.Ready);
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-ping"));
        Assert.Null(await EntryAsync(entry => entry is null));
    }

    [Fact]
    public async Task A_cut_that_outlasts_the_lease_is_not_waited_for()
    {
        Limits = new FreezeLimits(Long, TimeSpan.FromMilliseconds(300));
        var hang = Vm.Monitor.On("transaction", Act.Hang).Once();
        await StartAsync();
        Order(Item());
        await hang.Reached.WaitAsync(Limit);
        await Vm.Guest.WhenThawed().WaitAsync(Limit);
        Assert.Empty(Vm.Cuts);
        hang.Release();
        Assert.Equal(ItemState.Failed, Outcome(Item()).State);
        Assert.Empty(Vm.Blocks.Leftovers);
    }

    [Fact]
    public async Task A_freeze_that_returned_0_is_thawed_and_fails_the_item()
    {
        Vm.Agent.On("guest-fsfreeze-freeze", Act.Return(0));
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Contains("returned 0", outcome.Reason);
        Assert.Contains("guest-fsfreeze-thaw", Vm.Agent.Heard);
        NothingIsLeft();
    }

    [Fact]
    public async Task An_item_fails_when_fewer_file_systems_thawed_than_froze()
    {
        Vm.Agent.On("guest-fsfreeze-thaw", Act.Execute, Act.Return(1));
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Contains("somebody else thawed", outcome.Reason);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_guest_that_is_reset_inside_the_window_breaks_it()
    {
        var hang = Vm.Monitor.On("transaction", Act.Do(() => Vm.Reset()), Act.Hang).Once();
        await StartAsync();
        Order(Item());
        await hang.Reached.WaitAsync(Limit);
        await Simulated.Journal.Until(fact => fact.Kind == "thaw").WaitAsync(Limit);
        await EntryAsync(entry => entry is { Phase: LedgerPhase.Thawed });
        hang.Release();
        Assert.Equal(ItemState.Failed, Outcome(Item()).State);
        Assert.Empty(Vm.Blocks.Leftovers);
    }

    [Fact]
    public async Task Somebody_elses_freeze_is_told_and_refused_and_never_thawed()
    {
        Vm.Guest.FreezeBySomebodyElse();
        Assert.Equal("somebody else", (await StartAsync()).FrozenBy);
        var outcome = Run(Item());
        Assert.Equal(ItemState.Failed, outcome.State);
        Assert.Contains("somebody else", outcome.Reason);
        Assert.Equal(CallRefusal.NotOurs, Assert.IsType<CallReply.Refused>(await CallAsync("guest-fsfreeze-thaw")).Why);
        Assert.DoesNotContain("guest-fsfreeze-thaw", Vm.Agent.Heard);
        Assert.True(Vm.Guest.IsFrozen);

        Assert.IsType<CallReply.Returned>(await CallAsync("guest-fsfreeze-thaw", options: new CallOptions(Force: true)));
        Assert.False(Vm.Guest.IsFrozen);
    }

    [Fact]
    public async Task A_raw_freeze_is_a_window_of_its_own_and_the_raw_thaw_closes_it()
    {
        await StartAsync();
        Assert.Equal("2", Text(await CallAsync("guest-fsfreeze-freeze")));
        Assert.Equal("", Entry?.Run);
        Assert.Equal(CallRefusal.Frozen, Assert.IsType<CallReply.Refused>(await CallAsync("guest-ping")).Why);
        Assert.Equal(CallRefusal.Frozen, Assert.IsType<CallReply.Refused>(await CallAsync("guest-fsfreeze-freeze")).Why);
        Assert.Equal("2", Text(await CallAsync("guest-fsfreeze-thaw")));
        Assert.False(Vm.Guest.IsFrozen);
        Assert.Null(await EntryAsync(entry => entry is null));
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-ping"));
    }

    [Fact]
    public async Task Inside_a_window_the_status_is_frozen_from_the_freezes_reply_to_the_thaws_sending()
    {
        var freezing = Vm.Agent.On("guest-fsfreeze-freeze", Act.Hang).Once();
        var thawing = Vm.Agent.On("guest-fsfreeze-thaw", Act.Hang).Once();
        await StartAsync();
        var frozen = CallAsync("guest-fsfreeze-freeze");
        await freezing.Reached.WaitAsync(Limit);
        await NothingIsClaimedAsync();
        freezing.Release();
        Assert.Equal("2", Text(await frozen));

        var heard = Vm.Agent.Heard.Count(command => command == "guest-fsfreeze-status");
        Assert.Equal("\"frozen\"", Text(await CallAsync("guest-fsfreeze-status")));
        // Nothing was sent for a thaw to wait behind.
        Assert.Equal(heard, Vm.Agent.Heard.Count(command => command == "guest-fsfreeze-status"));

        var thawed = CallAsync("guest-fsfreeze-thaw");
        await thawing.Reached.WaitAsync(Limit);
        await NothingIsClaimedAsync();
        thawing.Release();
        Assert.Equal("2", Text(await thawed));
        Assert.Equal("\"thawed\"", Text(await CallAsync("guest-fsfreeze-status")));

        async Task NothingIsClaimedAsync() =>
            Assert.Equal(CallRefusal.Frozen, Assert.IsType<CallReply.Refused>(await CallAsync("guest-fsfreeze-status")).Why);
    }

    [Fact]
    public async Task A_vm_is_shown_as_frozen_from_its_freezes_sending_and_certain_from_the_reply()
    {
        var freezing = Vm.Agent.On("guest-fsfreeze-freeze", Act.Hang).Once();
        var thawing = Vm.Agent.On("guest-fsfreeze-thaw", Act.Hang).Once();
        Assert.Equal((false, true), Shown(await StartAsync()));
        var call = CallAsync("guest-fsfreeze-freeze");
        await freezing.Reached.WaitAsync(Limit);
        var sent = SeeVm(vm => vm.Frozen);
        Assert.Equal(((true, false), "raw freeze"), (Shown(sent), sent.FrozenBy));
        Assert.NotNull(sent.FrozenSince);

        freezing.Release();
        await call;
        SeeVm(vm => vm is { Frozen: true, FrozenCertain: true });

        var thaw = CallAsync("guest-fsfreeze-thaw");
        await thawing.Reached.WaitAsync(Limit);
        thawing.Release();
        await thaw;
        Assert.Equal((false, true), Shown(SeeVm(vm => !vm.Frozen)));

        static (bool, bool) Shown(VmStatus vm) => (vm.Frozen, vm.FrozenCertain);
    }

    [Fact]
    public async Task A_raw_freeze_is_thawed_when_its_lease_ends()
    {
        await StartAsync();
        await CallAsync("guest-fsfreeze-freeze", options: new CallOptions(Lease: TimeSpan.FromMilliseconds(200)));
        await Vm.Guest.WhenThawed().WaitAsync(Limit);
        Assert.Null(await EntryAsync(entry => entry is null));
        lock (Audited) Assert.Equal(
            ("node", "thaw", "h1/vm001"), Audited.Select(line => (line.Who, line.What, line.Vm)).Single());
    }

    [Fact]
    public async Task Nobody_speaks_to_a_guest_whose_lock_somebody_else_holds()
    {
        using (AgentLock.TryAcquire(Ledger, Id.Name))
        {
            Begin();
            SeeVm(vm => vm.Agent == AgentState.Absent || vm.AgentReason is not null);
            Assert.Empty(Vm.Agent.Heard);
        }
        SeeVm(vm => vm.Agent == AgentState.Ready);
    }

    [Fact]
    public async Task A_qemu_that_ends_inside_the_window_ends_it()
    {
        var hang = Vm.Monitor.On("transaction", Act.Hang).Once();
        await StartAsync();
        Order(Item());
        await hang.Reached.WaitAsync(Limit);
        QemuRuns = false;
        await Vm.End().WaitAsync(Limit);
        var entry = await EntryAsync(entry => entry is { Phase: LedgerPhase.Thawed });
        Assert.NotNull(entry!.Facts.Broken);
    }

    [Fact]
    public async Task A_window_that_fails_by_our_fault_is_thawed_by_its_ledger_and_never_begun_again()
    {
        await StartAsync();
        await CallAsync("guest-fsfreeze-freeze");
        var window = await Sys.ActorSelection($"{Vms.Path}/{Id.Entity}/window-*").ResolveOne(Limit);
        window.Tell(Kill.Instance);
        await Vm.Guest.WhenThawed().WaitAsync(Limit);
        Assert.Single(Vm.Guest.Freezes);
    }

    [Fact]
    public async Task Sync_is_answered_by_the_channel_and_what_the_host_denies_is_not_sent()
    {
        await StartAsync();
        Assert.Equal("7", Text(await CallAsync("guest-sync", """{"id":7}""")));
        Assert.Equal(CallRefusal.Denied, Assert.IsType<CallReply.Refused>(await CallAsync("guest-shutdown")).Why);
        Assert.DoesNotContain("guest-shutdown", Vm.Agent.Heard);
    }

    private static string Text(CallReply reply) =>
        System.Text.Encoding.UTF8.GetString(Assert.IsType<CallReply.Returned>(reply).Json.Span);
}
