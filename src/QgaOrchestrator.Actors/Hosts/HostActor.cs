using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// The guard of this host's guests, one a node, on a thread of its own: it keeps the freeze ledger and the limits of each open
/// window, beats the watchdog's heart, and starts the actor of each VM that discovery finds. It is up before the regions of VMs
/// and runs, so that each of their actors finds it. Its rules are <see cref="GuardRules"/>; it performs what they ask for.
/// </summary>
public sealed class HostActor : ReceiveActor, IWithTimers, IDisposable
{
    private sealed record Beat : IHostMessage;

    private sealed record LimitDue(string Window, WindowLimit Limit) : IHostMessage;

    private readonly HostServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HostLedger _ledger;
    private readonly HostWatchdog _watchdog;
    private readonly HostVms _vms;

    /// <summary>The actors of open windows.</summary>
    private readonly Dictionary<string, IActorRef> _windows = [];
    private GuardState _guard = GuardState.Start;

    private List<(OpenEntry Order, IActorRef From)> _waiting = [];
    private IActorRef? _stopper;

    public HostActor(HostServices services)
    {
        _services = services;
        _watchdog = new HostWatchdog(services, Self, Timers!, _log);
        _ledger = new HostLedger(services, Self, _log, Handle);
        _vms = new HostVms(services, _ledger);
        _ledger.Load();

        Receive<Beat>(_ => BeatHeart());
        Receive<HostWatchdog.Notice>(m => See(_watchdog.Handle(m)));
        Receive<HostLedger.Audited>(m => Handle(new GuardInput.Audited(m.Window)));

        Receive<BeginDiscovery>(Discover);
        Receive<VmsFound>(m => _vms.Update(m));
        Receive<PresentVms>(_ => _vms.PresentAll());
        Receive<FindVm>(m => _vms.Answer(m, Sender));
        Receive<FindEntry>(m => Sender.Tell(new EntryFound(_ledger.Read(m.Vm))));

        Receive<OpenEntry>(OpenWindow);
        Receive<MoveEntry>(m => Move(m.Entry));
        Receive<RemoveEntry>(m => Remove(m.Window));
        Receive<FreezeSent>(m => Handle(new GuardInput.FreezeSent(m.Window, m.ThawDue)));
        Receive<ThawBegun>(m => Handle(new GuardInput.ThawBegun(m.Window)));
        Receive<ArmLimit>(Arm);
        Receive<LimitDue>(m => Handle(new GuardInput.LimitPassed(m.Window, m.Limit)));
        Receive<LimitSeen>(m => Handle(new GuardInput.Heard(m.Window)));
        Receive<Terminated>(m => Lost(m.ActorRef));
        Receive<CloseWindows>(Stop);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("beat", new Beat(), WatchdogProtocol.Interval);
        _watchdog.Summon();
    }

    protected override void PostStop() => Dispose();

    public void Dispose() => _watchdog.Dispose();

    /// <summary>A guard that begins anew has forgotten its limits: better no node, for then the watchdog thaws.</summary>
    protected override void PreRestart(Exception reason, object message) =>
        Environment.FailFast("the guard of this host's freezes failed", reason);

    private void Handle(GuardInput input)
    {
        (_guard, var effects) = GuardRules.Step(_guard, input, _services.Time.Moment());
        _services.Drain.SetWindows(GuardRules.Open(_guard));
        foreach (var effect in effects) Perform(effect);
    }

    private void Perform(GuardEffect effect)
    {
        switch (effect)
        {
            case GuardEffect.TellLimit e:
                Tell(e.Window, new LimitReached(e.Window, e.Limit));
                break;
            case GuardEffect.RemoveEntry e:
                _ledger.Remove(e.Vm, e.Window);
                break;
            case GuardEffect.GiveToVm e:
                _vms.GiveEntry(e.Vm);
                break;
            case GuardEffect.TellUnguarded e:
                var (reason, remedy) = _watchdog.Absence;
                Tell(e.Window, new WindowInput.Unguarded(reason, remedy));
                break;
            case GuardEffect.ThawNow e:
                Tell(e.Window, new ThawWindow(_guard.Stopping!));
                break;
            case GuardEffect.AnswerWaiting:
                (var waiting, _waiting) = (_waiting, []);
                foreach (var (order, from) in waiting) Self.Tell(order, from);
                break;
            case GuardEffect.AllClosed:
                _stopper?.Tell(new WindowsClosed());
                break;
        }
    }

    private void Tell(string window, object message)
    {
        if (_windows.TryGetValue(window, out var actor)) actor.Tell(message);
    }

    private void Discover(BeginDiscovery order)
    {
        var self = Self;
        _vms.Begin(order.Vms);
        Context.ActorOf(ActorProps.Of(() => new DiscoveryActor(_services.Scan, self, _services.Time)), "discovery");
    }

    // ---- windows and their entries

    private void OpenWindow(OpenEntry order)
    {
        See(_watchdog.Sight);
        var (window, vm) = (order.Entry.Window, order.Entry.Vm);
        var found = _ledger.Read(vm);
        var onDisk = found is null ? null : new EntryOnDisk(found.Window, found.Phase == LedgerPhase.Thawed);
        var held = !DrainRules.MayOpen(_services.Drain.IsOn, ofItem: order.Entry.Run.Length > 0);
        switch (GuardRules.MayOpen(_guard, window, onDisk, held))
        {
            case OpenAnswer.Wait:
                _waiting.Add((order, Sender));
                break;
            case OpenAnswer.Stopping:
                Refuse(window, (_guard.Stopping!, "Run the backup again when the node is up"));
                break;
            case OpenAnswer.Draining:
                Refuse(window, (
                    $"host {_services.Name} is draining: no guest is frozen there",
                    $"When its work is done: qgactl host undrain {_services.Name}"));
                break;
            case OpenAnswer.Unguarded:
                Refuse(window, _watchdog.Absence);
                break;
            case OpenAnswer.LeftOpen:
                Refuse(window, (
                    $"the guest may still be frozen by the window {found!.Window}, which is open on it",
                    "It is thawed first; then run this again"));
                break;
            case OpenAnswer.Yes when _ledger.Write(order.Entry) is { } fault:
                Refuse(window, (
                    $"the freeze ledger {_ledger.Directory} cannot be written: {fault}",
                    $"Make room on {_ledger.Directory}, and give the node's user write access to it"));
                break;
            case OpenAnswer.Yes:
                _windows[window] = Context.Watch(Sender);
                Handle(new GuardInput.Opened(window, vm));
                Sender.Tell(new EntryOpened(window));
                break;
        }
    }

    private void Refuse(string window, (string Reason, string Remedy) why) =>
        Sender.Tell(new EntryRefused(window, why.Reason, why.Remedy));

    /// <summary>A window of an earlier process has no actor that we watch; it is written all the same. Written first: who hears
    /// that all windows are closed may end this process.</summary>
    private void Move(LedgerEntry entry)
    {
        var window = entry.Window;
        if (_ledger.Write(entry) is { } fault)
            _log.Warning("{0}: the ledger's entry could not be moved to {1}: {2}", entry.Vm, entry.Phase, fault);
        if (entry.Phase != LedgerPhase.Thawed) return;
        _ledger.TellThaw(entry, found: _guard.Windows.GetValueOrDefault(window) is { Held: false, Thawed: false });
        if (_windows.Remove(window, out var actor)) Context.Unwatch(actor);
        if (!_guard.Windows.ContainsKey(window)) Handle(new GuardInput.Found(window, entry.Vm, Thawed: false));
        Handle(new GuardInput.Settled(window));
    }

    /// <summary>Watchdog and qgactl thaw without telling us: their proof is in the entry.</summary>
    private void Remove(string window)
    {
        if (!_guard.Windows.TryGetValue(window, out var open)) return;
        if (!open.Thawed && _ledger.Read(open.Vm) is { Phase: LedgerPhase.Thawed } entry && entry.Window == window)
            Handle(new GuardInput.Settled(window));
        Handle(new GuardInput.Journalled(window));
    }

    private void Arm(ArmLimit arm)
    {
        Handle(new GuardInput.Heard(arm.Window));
        if (arm.Limit is not { } limit) Timers.Cancel(arm.Window);
        else Timers.StartSingleTimer(
            arm.Window, new LimitDue(arm.Window, limit), arm.After > TimeSpan.Zero ? arm.After : TimeSpan.Zero);
    }

    /// <summary>A window that ended without having thawed its guest: the VM's actor adopts it like a crash's.</summary>
    private void Lost(IActorRef actor)
    {
        foreach (var (window, _) in _windows.Where(open => actor.Equals(open.Value)).ToList())
        {
            _windows.Remove(window);
            Timers.Cancel(window);
            var here = _guard.Windows.GetValueOrDefault(window) is { } open && _vms.Has(open.Vm);
            Handle(new GuardInput.Ended(window, VmIsHere: here));
        }
    }

    private void Stop(CloseWindows order)
    {
        _stopper = Sender;
        Handle(new GuardInput.Stop(order.Reason));
    }

    // ---- the heart

    private void BeatHeart()
    {
        if (GuardRules.Silence(_guard, _services.Time.Moment()) is { } silence)
        {
            _log.Error("{0}: this node stops thawing; the watchdog takes over", silence);
            return;
        }
        _watchdog.Beat();
        See(_watchdog.Sight);
    }

    private void See(WatchdogSight? watchdog)
    {
        if (watchdog is not { } sight) return;
        _services.Metrics.Guarded(sight == WatchdogSight.Guarding);
        Handle(new GuardInput.Watchdog(sight));
    }
}
