using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Tests.Hosts;

/// <summary>The guard of a host's guests: ledger, limits, heartbeat. Windows and VMs are the test's own.</summary>
public sealed class HostActorTests : TestKit
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _directory = new();
    private readonly FreezeLedger _ledger;
    private readonly ManualTime _time = new();
    private readonly VmSpec _vm = new(new VmId("h1", "vm001"), "/nowhere/qga.sock", null, SocketHold.Exclusive);
    private readonly TestProbe _vms;
    private readonly TestProbe _window;
    private readonly List<AuditEntry> _audited = [];
    private Func<IReadOnlyList<AuditEntry>, Task> _audit;
    private FakeWatchdog? _watchdog;
    private IActorRef _host = ActorRefs.Nobody;

    public HostActorTests() : base("akka { stdout-loglevel = OFF, test.single-expect-default = 60s, test.filter-leeway = 60s }")
    {
        _ledger = FreezeLedger.Open(_directory.File("led"));
        _audit = lines =>
        {
            _audited.AddRange(lines);
            return Task.CompletedTask;
        };
        _vms = CreateTestProbe();
        _window = CreateTestProbe();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _watchdog?.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_vm_that_is_found_is_told_with_what_the_ledger_holds_of_it()
    {
        _ledger.Write(Entry("w0"));
        Begin(guarded: false);
        Assert.Equal("w0", _vms.ExpectMsg<VmPresent>().Entry?.Window);
    }

    [Fact]
    public void A_vms_actor_that_began_anew_is_told_again()
    {
        Begin(guarded: false);
        _vms.ExpectMsg<VmPresent>();
        _host.Tell(new FindVm("vm001"), _window);
        Assert.Equal(_vm, _window.ExpectMsg<VmPresent>().Spec);
    }

    [Fact]
    public void Without_a_watchdog_no_freeze()
    {
        Begin(guarded: false);
        _host.Tell(new OpenEntry(Entry("w1")), _window);
        var refused = _window.ExpectMsg<EntryRefused>();
        Assert.Contains("qga-watchdog", refused.Reason);
        Assert.Equal("systemctl start it", refused.Remedy);
        Assert.Null(_ledger.Read("vm001"));
    }

    [Fact]
    public async Task Without_a_ledger_no_freeze()
    {
        await BeginGuardedAsync();
        Directory.CreateDirectory(_ledger.PathOf("vm001"));
        _host.Tell(new OpenEntry(Entry("w1")), _window);
        Assert.Contains("cannot be written", _window.ExpectMsg<EntryRefused>().Reason);
    }

    [Fact]
    public async Task The_entry_of_a_window_that_an_earlier_process_left_open_is_not_overwritten()
    {
        _ledger.Write(Entry("w1"));
        await BeginGuardedAsync();
        _host.Tell(new OpenEntry(Entry("w2")), _window);
        Assert.Contains(
            "may still be frozen by the window w1", _window.ExpectMsg<EntryRefused>().Reason, StringComparison.Ordinal);
        Assert.Equal("w1", _ledger.Read("vm001")!.Window);
        _host.Tell(new MoveEntry(Entry("w1") with { Phase = LedgerPhase.Thawed }), _window);
        _host.Tell(new OpenEntry(Entry("w2")), _window);
        _window.ExpectMsg<EntryOpened>();
    }

    [Fact]
    public async Task When_the_watchdog_is_gone_open_windows_hear_of_it_and_new_ones_wait_for_its_successor()
    {
        await OpenAsync("w1");
        _watchdog!.HangUp();
        Assert.Contains("qga-watchdog", _window.ExpectMsg<WindowInput.Unguarded>(Limit).Reason, StringComparison.Ordinal);
        _host.Tell(new OpenEntry(Entry("w2") with { Vm = "vm002" }), _window);
        Assert.Equal("w2", _window.ExpectMsg<EntryOpened>(Limit).Window);
    }

    [Fact]
    public async Task The_entry_is_written_before_the_window_may_freeze()
    {
        await OpenAsync("w1");
        Assert.Equal(LedgerPhase.Opening, _ledger.Read("vm001")?.Phase);
    }

    [Fact]
    public async Task A_limit_that_is_heard_keeps_the_heart_beating()
    {
        await OpenAsync("w1");
        PassLimit("w1");
        _host.Tell(new LimitSeen("w1"), _window);
        _time.Advance(TimeSpan.FromSeconds(5));
        await _watchdog!.NextBeat().WaitAsync(Limit);
        await _watchdog.NextBeat().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_limit_that_is_not_heard_stops_the_heart_and_so_calls_the_watchdog()
    {
        await OpenAsync("w1");
        PassLimit("w1");
        // Each beat that is left out is told: by the wall clock there may be several.
        var errors = CreateTestProbe();
        Sys.EventStream.Subscribe(errors, typeof(Akka.Event.Error));
        _time.Advance(TimeSpan.FromSeconds(1.5));
        errors.FishForMessage<Akka.Event.Error>(
            e => e.Message.ToString()!.Contains("does not thaw any more", StringComparison.Ordinal), Limit);
        _host.Tell(new LimitSeen("w1"), _window);
        await _watchdog!.NextBeat().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_raw_freeze_that_is_not_thawed_by_its_deadline_stops_the_heart_until_its_thaw_begins()
    {
        await OpenAsync("w1");
        _time.Advance(TimeSpan.FromMinutes(5)); // the deadline counts from the freeze's sending, not from here
        _host.Tell(new FreezeSent("w1", _time.Moment() + TimeSpan.FromSeconds(42)), _window);
        _time.Advance(TimeSpan.FromSeconds(42));
        await _watchdog!.NextBeat().WaitAsync(Limit);
        var errors = CreateTestProbe();
        Sys.EventStream.Subscribe(errors, typeof(Akka.Event.Error));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        errors.FishForMessage<Akka.Event.Error>(
            e => e.Message.ToString()!.Contains("has not begun to thaw", StringComparison.Ordinal), Limit);
        _host.Tell(new ThawBegun("w1"), _window);
        await _watchdog.NextBeat().WaitAsync(Limit);
        await _watchdog.NextBeat().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_node_that_thaws_in_vain_keeps_its_heart_beating()
    {
        await OpenAsync("w1");
        _host.Tell(new FreezeSent("w1", _time.Moment() + TimeSpan.FromSeconds(42)), _window);
        _host.Tell(new ThawBegun("w1"), _window);
        _time.Advance(TimeSpan.FromHours(1));
        await _watchdog!.NextBeat().WaitAsync(Limit);
        await _watchdog.NextBeat().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_window_that_ended_with_an_open_entry_is_given_to_its_vm_and_no_longer_heard_for()
    {
        await OpenAsync("w1");
        PassLimit("w1");
        _time.Advance(TimeSpan.FromSeconds(1));
        Sys.Stop(_window);
        Assert.Equal("w1", _vms.FishForMessage<VmPresent>(m => m.Entry is not null, Limit).Entry?.Window);
        _time.Advance(TimeSpan.FromSeconds(5));
        await _watchdog!.NextBeat().WaitAsync(Limit);
        await _watchdog.NextBeat().WaitAsync(Limit);
    }

    [Fact]
    public async Task A_stop_refuses_new_windows_and_ends_when_the_open_ones_are_thawed()
    {
        await OpenAsync("w1");
        var node = CreateTestProbe();
        _host.Tell(new CloseWindows("this node is stopping"), node);
        Assert.Equal("this node is stopping", _window.ExpectMsg<ThawWindow>().Reason);
        _host.Tell(new OpenEntry(Entry("w2")), _window);
        Assert.Equal("this node is stopping", _window.ExpectMsg<EntryRefused>().Reason);
        Assert.False(node.HasMessages);
        _host.Tell(new MoveEntry(Entry("w1") with { Phase = LedgerPhase.Thawed }), _window);
        node.ExpectMsg<WindowsClosed>();
    }

    [Fact]
    public async Task An_entry_goes_only_when_it_is_both_journalled_and_thawed()
    {
        await OpenAsync("w1");
        _host.Tell(new RemoveEntry("w1"), _window);
        _host.Tell(new FindEntry("vm001"), _window);
        Assert.NotNull(_window.ExpectMsg<EntryFound>().Entry);
        _host.Tell(new MoveEntry(Entry("w1") with { Phase = LedgerPhase.Thawed }), _window);
        _host.Tell(new FindEntry("vm001"), _window);
        Assert.Null(_window.ExpectMsg<EntryFound>().Entry);
    }

    [Theory]
    [InlineData("watchdog", null, "window w0; 2 of 2 file systems thawed")]
    [InlineData("qgactl", "anna", "by anna; window w0; 2 of 2 file systems thawed")]
    public void A_thaw_by_another_is_audited_at_the_start(string by, string? user, string detail)
    {
        _ledger.Write(Thawed("w0", by, user));
        Begin(guarded: false);
        _vms.ExpectMsg<VmPresent>();
        var line = Assert.Single(_audited);
        Assert.Equal(
            (by, "thaw", "h1/vm001", "r1", "done", detail), (line.Who, line.What, line.Vm, line.Run, line.Outcome, line.Detail));
        Assert.Equal("thaw/w0", line.Key);
    }

    [Fact]
    public void An_entry_whose_thaw_is_not_audited_yet_stays_until_it_is()
    {
        var gate = new TaskCompletionSource();
        _audit = _ => gate.Task;
        _ledger.Write(Thawed("w0", "watchdog", null));
        Begin(guarded: false);
        _host.Tell(new RemoveEntry("w0"), _window);
        _host.Tell(new FindEntry("vm001"), _window);
        Assert.NotNull(_window.ExpectMsg<EntryFound>().Entry);

        gate.SetResult();

        AwaitCondition(() => _ledger.Read("vm001") is null, Limit);
    }

    [Fact]
    public async Task A_thaw_of_ours_is_audited_where_no_item_tells_of_it()
    {
        await BeginGuardedAsync();
        // A run's own window, a caller's freeze, one that was never frozen, and one that an earlier process had left.
        foreach (var (window, run) in new[] { ("w1", "r1"), ("w2", ""), ("w3", "") })
        {
            _host.Tell(new OpenEntry(Entry(window) with { Run = run }), _window);
            _window.ExpectMsg<EntryOpened>();
            _host.Tell(
                new MoveEntry(
                    (window == "w3" ? Entry(window) with { Phase = LedgerPhase.Thawed } : Thawed(window, "node", null)) with
                    {
                        Run = run,
                    }
                ),
                _window
            );
        }
        await _host.GracefulStop(Limit);
        _ledger.Write(Entry("w4") with { Phase = LedgerPhase.Frozen });
        Begin(guarded: false);
        _host.Tell(new MoveEntry(Thawed("w4", "node", null)), _window);
        _host.Tell(new FindEntry("vm001"), _window);
        _window.ExpectMsg<EntryFound>();

        Assert.Equal(
            [("thaw/w2", null, "the lease has ended; window w2; 2 of 2 file systems thawed"),
             ("thaw/w4", "r1", "found open: its node or its window had ended; window w4; 2 of 2 file systems thawed")],
            _audited.Select(line => (line.Key, line.Run, line.Detail)));
    }

    [Fact]
    public async Task A_watchdog_that_hangs_up_is_summoned_again()
    {
        await BeginGuardedAsync();
        _watchdog!.HangUp();
        await _watchdog.NextBeat().WaitAsync(Limit);
        _host.Tell(new OpenEntry(Entry("w1")), _window);
        _window.ExpectMsg<EntryOpened>();
    }

    private void PassLimit(string window)
    {
        _host.Tell(new ArmLimit(window, WindowLimit.Lease, TimeSpan.Zero), _window);
        Assert.Equal(WindowLimit.Lease, _window.ExpectMsg<LimitReached>().Limit);
    }

    private async Task OpenAsync(string window)
    {
        await BeginGuardedAsync();
        _host.Tell(new OpenEntry(Entry(window)), _window);
        _window.ExpectMsg<EntryOpened>();
    }

    private async Task BeginGuardedAsync()
    {
        _watchdog = new FakeWatchdog(_ledger);
        var beat = _watchdog.NextBeat();
        Begin(guarded: true);
        await beat.WaitAsync(Limit);
    }

    private void Begin(bool guarded)
    {
        var services = new HostServices
        {
            Time = _time,
            Ledger = _ledger,
            Vms = _vms.Ref,
            Fleet = ActorRefs.Nobody,
            Scan = () => new([_vm], [], []),
            Watchdog = stop => guarded
                ? WatchdogClient.ConnectAsync(_ledger, TimeProvider.System, stop)
                : Task.FromException<WatchdogClient>(new WatchdogException("nobody listens") { Remedy = "systemctl start it" }),
            Name = "h1",
            Audit = lines => _audit(lines),
            Discovered = new TaskCompletionSource(),
        };
        _host = Sys.ActorOf(Props.Create(() => new HostActor(services)));
    }

    private static LedgerEntry Thawed(string window, string by, string? user) => Entry(window) is var entry ? entry with
    {
        Phase = LedgerPhase.Thawed,
        Facts = new()
        {
            Frozen = 2,
            Thawed = 2,
            ThawedAt = entry.OpenedAt.AddSeconds(1),
            ThawedBy = by,
            ThawedByUser = user,
            Broken = "the lease has ended",
        },
    }
    : null!;

    private static LedgerEntry Entry(string window)
    {
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new LedgerEntry(
            "vm001", null, "/nowhere/qga.sock", SocketHold.Exclusive, null, "boot", "r1", 0, 1, window, LedgerPhase.Opening,
            at, at.AddSeconds(40), new WindowFacts());
    }
}
