using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Tests.Hosts;

/// <summary>The guard of a host's guests: ledger, limits, heartbeat.</summary>
public sealed class HostActorTests : OneGuard
{
    [Fact]
    public void A_vm_that_is_found_is_told_with_what_the_ledger_holds_of_it()
    {
        Ledger.Write(Entry("w0"));
        Begin(guarded: false);
        Assert.Equal("w0", Vms.ExpectMsg<VmPresent>().Entry?.Window);
    }

    [Fact]
    public void A_vms_actor_that_began_anew_is_told_again()
    {
        Begin(guarded: false);
        Vms.ExpectMsg<VmPresent>();
        Host.Tell(new FindVm("vm001"), Window);
        Assert.Equal(Vm, Window.ExpectMsg<VmPresent>().Spec);
    }

    [Fact]
    public void Before_the_region_of_vms_is_up_the_guard_answers_and_starts_no_vm()
    {
        Begin(guarded: false, discovers: false);
        Host.Tell(new OpenEntry(Entry("w1")), Window);
        Window.ExpectMsg<EntryRefused>();
        Host.Tell(new FindEntry("vm001"), Window);
        Assert.Null(Window.ExpectMsg<EntryFound>().Entry);
        Assert.Empty(Vms.ReceiveWhile(TimeSpan.Zero, m => m));
        Host.Tell(new BeginDiscovery(Vms));
        Assert.Equal(Vm, Vms.ExpectMsg<VmPresent>().Spec);
    }

    [Fact]
    public void Without_a_watchdog_no_freeze()
    {
        Begin(guarded: false);
        Host.Tell(new OpenEntry(Entry("w1")), Window);
        var refused = Window.ExpectMsg<EntryRefused>();
        Assert.Contains("qga-watchdog", refused.Reason);
        Assert.Equal("systemctl start it", refused.Remedy);
        Assert.Null(Ledger.Read("vm001"));
    }

    [Fact]
    public async Task Without_a_ledger_no_freeze()
    {
        await BeginGuardedAsync();
        Directory.CreateDirectory(Ledger.PathOf("vm001"));
        Host.Tell(new OpenEntry(Entry("w1")), Window);
        Assert.Contains("cannot be written", Window.ExpectMsg<EntryRefused>().Reason);
    }

    [Fact]
    public async Task The_entry_of_a_window_that_an_earlier_process_left_open_is_not_overwritten()
    {
        Ledger.Write(Entry("w1"));
        await BeginGuardedAsync();
        Host.Tell(new OpenEntry(Entry("w2")), Window);
        Assert.Contains(
            "may still be frozen by the window w1", Window.ExpectMsg<EntryRefused>().Reason, StringComparison.Ordinal);
        Assert.Equal("w1", Ledger.Read("vm001")!.Window);
        Host.Tell(new MoveEntry(Entry("w1") with { Phase = LedgerPhase.Thawed }), Window);
        Host.Tell(new OpenEntry(Entry("w2")), Window);
        Window.ExpectMsg<EntryOpened>();
    }

    [Fact]
    public async Task When_the_watchdog_ends_open_windows_are_notified_and_new_ones_wait_for_the_next()
    {
        await OpenAsync("w1");
        Watchdog!.HangUp();
        Assert.Contains("qga-watchdog", Window.ExpectMsg<WindowInput.Unguarded>(Limit).Reason, StringComparison.Ordinal);
        Host.Tell(new OpenEntry(Entry("w2") with { Vm = "vm002" }), Window);
        Assert.Equal("w2", Window.ExpectMsg<EntryOpened>(Limit).Window);
    }

    [Fact]
    public async Task The_entry_is_written_before_the_window_may_freeze()
    {
        await OpenAsync("w1");
        Assert.Equal(LedgerPhase.Opening, Ledger.Read("vm001")?.Phase);
    }

    [Fact]
    public async Task A_limit_that_is_heard_keeps_the_heart_beating()
    {
        await OpenAsync("w1");
        PassLimit("w1");
        Host.Tell(new LimitSeen("w1"), Window);
        Time.Advance(TimeSpan.FromSeconds(5));
        await Watchdog!.NextBeat().WaitAsync(Limit);
        await Watchdog.NextBeat().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_limit_that_is_not_heard_stops_the_heart_and_so_calls_the_watchdog()
    {
        await OpenAsync("w1");
        PassLimit("w1");
        // Each beat that is left out is told: by the wall clock there may be several.
        var errors = CreateTestProbe();
        Sys.EventStream.Subscribe(errors, typeof(Akka.Event.Error));
        Time.Advance(TimeSpan.FromSeconds(1.5));
        errors.FishForMessage<Akka.Event.Error>(
            e => e.Message.ToString()!.Contains("stops thawing", StringComparison.Ordinal), Limit);
        Host.Tell(new LimitSeen("w1"), Window);
        await Watchdog!.NextBeat().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_raw_freeze_not_thawed_by_its_deadline_stops_the_heart_until_its_thaw_begins()
    {
        await OpenAsync("w1");
        Time.Advance(TimeSpan.FromMinutes(5)); // the deadline counts from the freeze's sending, not from here
        Host.Tell(new FreezeSent("w1", Time.Moment() + TimeSpan.FromSeconds(42)), Window);
        Time.Advance(TimeSpan.FromSeconds(42));
        await Watchdog!.NextBeat().WaitAsync(Limit);
        var errors = CreateTestProbe();
        Sys.EventStream.Subscribe(errors, typeof(Akka.Event.Error));
        Time.Advance(TimeSpan.FromMilliseconds(1));
        errors.FishForMessage<Akka.Event.Error>(
            e => e.Message.ToString()!.Contains("has not begun to thaw", StringComparison.Ordinal), Limit);
        Host.Tell(new ThawBegun("w1"), Window);
        await Watchdog.NextBeat().WaitAsync(Limit);
        await Watchdog.NextBeat().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_node_that_thaws_in_vain_keeps_its_heart_beating()
    {
        await OpenAsync("w1");
        Host.Tell(new FreezeSent("w1", Time.Moment() + TimeSpan.FromSeconds(42)), Window);
        Host.Tell(new ThawBegun("w1"), Window);
        Time.Advance(TimeSpan.FromHours(1));
        await Watchdog!.NextBeat().WaitAsync(Limit);
        await Watchdog.NextBeat().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_window_that_ended_with_an_open_entry_is_given_to_its_vm_and_heard_for_no_more()
    {
        await OpenAsync("w1");
        PassLimit("w1");
        Time.Advance(TimeSpan.FromSeconds(1));
        Sys.Stop(Window);
        Assert.Equal("w1", Vms.FishForMessage<VmPresent>(m => m.Entry is not null, Limit).Entry?.Window);
        Time.Advance(TimeSpan.FromSeconds(5));
        await Watchdog!.NextBeat().WaitAsync(Limit);
        await Watchdog.NextBeat().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_stop_refuses_new_windows_and_ends_when_the_open_ones_are_thawed()
    {
        await OpenAsync("w1");
        var node = CreateTestProbe();
        Host.Tell(new CloseWindows("this node is stopping"), node);
        Assert.Equal("this node is stopping", Window.ExpectMsg<ThawWindow>().Reason);
        Host.Tell(new OpenEntry(Entry("w2")), Window);
        Assert.Equal("this node is stopping", Window.ExpectMsg<EntryRefused>().Reason);
        Assert.False(node.HasMessages);
        Host.Tell(new MoveEntry(Entry("w1") with { Phase = LedgerPhase.Thawed }), Window);
        node.ExpectMsg<WindowsClosed>();
    }

    [Fact]
    public async Task An_entry_goes_only_when_it_is_both_journalled_and_thawed()
    {
        await OpenAsync("w1");
        Host.Tell(new RemoveEntry("w1"), Window);
        Host.Tell(new FindEntry("vm001"), Window);
        Assert.NotNull(Window.ExpectMsg<EntryFound>().Entry);
        Host.Tell(new MoveEntry(Entry("w1") with { Phase = LedgerPhase.Thawed }), Window);
        Host.Tell(new FindEntry("vm001"), Window);
        Assert.Null(Window.ExpectMsg<EntryFound>().Entry);
    }

    [Fact]
    public async Task A_watchdog_that_hangs_up_is_summoned_again()
    {
        await BeginGuardedAsync();
        Watchdog!.HangUp();
        await Watchdog.NextBeat().WaitAsync(Limit);
        Host.Tell(new OpenEntry(Entry("w1")), Window);
        Window.ExpectMsg<EntryOpened>();
    }

    private void PassLimit(string window)
    {
        Host.Tell(new ArmLimit(window, WindowLimit.Lease, TimeSpan.Zero), Window);
        Assert.Equal(WindowLimit.Lease, Window.ExpectMsg<LimitReached>().Limit);
    }
}
