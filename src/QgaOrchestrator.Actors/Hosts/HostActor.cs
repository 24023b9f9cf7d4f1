using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// The guard of this host's guests, one a node, on a thread of its own: it writes the freeze ledger, keeps the limits of
/// each open window, beats the watchdog's heart, and starts the actor of each VM that discovery finds. Its rules are
/// <see cref="GuardRules"/>; it performs what they ask for.
/// </summary>
public sealed class HostActor : ReceiveActor, IWithTimers
{
    private sealed record Beat : IHostMessage;

    private sealed record LimitDue(string Window, WindowLimit Limit) : IHostMessage;

    private sealed record Guarded(WatchdogClient Client) : IHostMessage;

    private sealed record Unguarded(string Reason, string? Remedy = null) : IHostMessage;

    private sealed record Summon : IHostMessage;

    private sealed record Audited(string Window) : IHostMessage;

    private readonly HostServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, IActorRef> _actors = [];
    private readonly HashSet<string> _told = [];
    private GuardState _guard = GuardState.Start;
    private Dictionary<string, VmSpec> _vms = [];
    private WatchdogClient? _watchdog;
    private Unguarded _noWatchdog = new("qga-watchdog has not been reached yet");
    private List<(OpenEntry Order, IActorRef From)> _waiting = [];
    private IActorRef? _stopper;

    public HostActor(HostServices services)
    {
        _services = services;
        foreach (var damaged in Load())
            _log.Error(
                "The ledger's {0} cannot be read ({1}): the guest that it names is not thawed by itself. Look at it with "
                    + "qgactl vm show",
                damaged.Path,
                damaged.Reason
            );

        Receive<Beat>(_ => BeatHeart());
        Receive<Summon>(_ => SummonWatchdog());
        Receive<Guarded>(m => Guard(m.Client));
        Receive<Unguarded>(Unguard);

        Receive<VmsFound>(Find);
        Receive<OpenEntry>(OpenWindow);
        Receive<MoveEntry>(m => Move(m.Entry));
        Receive<RemoveEntry>(m => Remove(m.Window));
        Receive<FreezeSent>(m => Handle(new GuardInput.FreezeSent(m.Window, m.ThawDue)));
        Receive<ThawBegun>(m => Handle(new GuardInput.ThawBegun(m.Window)));
        Receive<Audited>(m => Handle(new GuardInput.Audited(m.Window)));
        Receive<FindVm>(Answer);
        Receive<FindEntry>(m => Sender.Tell(new EntryFound(EntryOf(m.Vm))));

        Receive<ArmLimit>(Arm);
        Receive<LimitDue>(m => Handle(new GuardInput.LimitPassed(m.Window, m.Limit)));
        Receive<LimitSeen>(m => Handle(new GuardInput.Heard(m.Window)));
        Receive<Terminated>(m => Lost(m.ActorRef));
        Receive<CloseWindows>(Stop);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        var self = Self;
        Context.ActorOf(ActorProps.Of(() => new DiscoveryActor(_services.Scan, self)), "discovery");
        Timers.StartPeriodicTimer("beat", new Beat(), WatchdogProtocol.Interval);
        SummonWatchdog();
    }

    protected override void PostStop() => _watchdog?.Dispose();

    /// <summary>A guard that begins anew has forgotten its limits: better no node, for then the watchdog thaws.</summary>
    protected override void PreRestart(Exception reason, object message) =>
        Environment.FailFast("the guard of this host's freezes failed", reason);

    private void Handle(GuardInput input)
    {
        (_guard, var effects) = GuardRules.Step(_guard, input, _services.Time.Moment());
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
                RemoveFile(e.Vm, e.Window);
                break;
            case GuardEffect.GiveToVm e when _vms.TryGetValue(e.Vm, out var vm):
                _services.Vms.Tell(new VmPresent(vm, EntryOf(e.Vm)));
                break;
            case GuardEffect.TellUnguarded e:
                var (reason, remedy) = NoWatchdog();
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
        if (_actors.TryGetValue(window, out var actor)) actor.Tell(message);
    }

    // ---- VMs

    private void Find(VmsFound found)
    {
        _services.Fleet.Tell(found);
        var now = found.Scan.Vms.ToDictionary(vm => vm.Id.Name);
        foreach (var vm in now.Values.Where(vm => _vms.GetValueOrDefault(vm.Id.Name) != vm))
            _services.Vms.Tell(new VmPresent(vm, EntryOf(vm.Id.Name)));
        foreach (var vm in _vms.Values.Where(vm => !now.ContainsKey(vm.Id.Name)))
            _services.Vms.Tell(new VmGone(vm.Id));
        _vms = now;
        _services.Discovered.TrySetResult();
    }

    /// <summary>A VM's actor that began anew by a fault of ours asks for what it was told at its birth.</summary>
    private void Answer(FindVm asked)
    {
        if (_vms.TryGetValue(asked.Vm, out var vm)) Sender.Tell(new VmPresent(vm, EntryOf(asked.Vm)));
    }

    // ---- the ledger

    private IReadOnlyList<DamagedEntry> Load()
    {
        _services.Ledger.RemoveUnfinished();
        var contents = _services.Ledger.ReadAll();
        foreach (var entry in contents.Entries)
        {
            Handle(new GuardInput.Found(entry.Window, entry.Vm, entry.Phase == LedgerPhase.Thawed));
            TellAudit(ThawLines.ByAnother(entry, _services.Name), entry.Window);
            // A caller's own freeze, thawed: no run will ever ask for its entry.
            if (entry is { Phase: LedgerPhase.Thawed, Run.Length: 0 }) Handle(new GuardInput.Journalled(entry.Window));
        }
        return contents.Damaged;
    }

    /// <summary>Read afresh: the watchdog may have thawed it meanwhile.</summary>
    private LedgerEntry? EntryOf(string vm)
    {
        try
        {
            var entry = _services.Ledger.Read(vm);
            if (entry is not null) TellAudit(ThawLines.ByAnother(entry, _services.Name), entry.Window);
            return entry;
        }
        catch (LedgerDamagedException e)
        {
            _log.Error("{0}: {1}", vm, e.Message);
            return null;
        }
    }

    private void OpenWindow(OpenEntry order)
    {
        See();
        var (window, vm) = (order.Entry.Window, order.Entry.Vm);
        var found = EntryOf(vm);
        switch (
            GuardRules.MayOpen(
                _guard,
                window,
                found is null ? null : new EntryOnDisk(found.Window, found.Phase == LedgerPhase.Thawed)
            )
        )
        {
            case OpenAnswer.Wait:
                _waiting.Add((order, Sender));
                break;
            case OpenAnswer.Stopping:
                Refuse(window, (_guard.Stopping!, "Run the backup again when the node is up"));
                break;
            case OpenAnswer.Unguarded:
                Refuse(window, NoWatchdog());
                break;
            case OpenAnswer.LeftOpen:
                Refuse(
                    window,
                    (
                        $"the guest may still be frozen by the window {found!.Window}, which is open on it",
                        "It is thawed first; then run this again"
                    )
                );
                break;
            case OpenAnswer.Yes when Write(order.Entry) is { } fault:
                var ledger = _services.Ledger.Directory;
                Refuse(
                    window,
                    (
                        $"the freeze ledger {ledger} cannot be written: {fault}",
                        $"Make room on {ledger}, and give the node's user write access to it"
                    )
                );
                break;
            case OpenAnswer.Yes:
                _actors[window] = Context.Watch(Sender);
                Handle(new GuardInput.Opened(window, vm));
                Sender.Tell(new EntryOpened(window));
                break;
        }
    }

    private void Refuse(string window, (string Reason, string Remedy) why) =>
        Sender.Tell(new EntryRefused(window, why.Reason, why.Remedy));

    private (string Reason, string Remedy) NoWatchdog() =>
        (
            $"no guest is frozen without qga-watchdog: {_noWatchdog.Reason}",
            _noWatchdog.Remedy
                ?? $"The node starts one or finds its successor by itself; if it does not, see the journal of qga-watchdog or "
                    + $"{WatchdogLauncher.LogOf(_services.Ledger)}"
        );

    /// <summary>A window of an earlier process has no actor that we watch; it is written all the same.</summary>
    private void Move(LedgerEntry entry)
    {
        var window = entry.Window;
        if (entry.Phase == LedgerPhase.Thawed)
        {
            TellAudit(
                ThawLines.ByNode(
                    entry,
                    found: _guard.Windows.GetValueOrDefault(window) is { Held: false, Thawed: false },
                    _services.Name
                ),
                window
            );
            if (_actors.Remove(window, out var actor))
                Context.Unwatch(actor);
            if (!_guard.Windows.ContainsKey(window))
                Handle(new GuardInput.Found(window, entry.Vm, Thawed: false));
            Handle(new GuardInput.Settled(window));
            if (!_guard.Windows.ContainsKey(window)) return;
        }
        if (Write(entry) is { } fault)
            _log.Warning("{0}: the ledger's entry could not be moved to {1}: {2}", entry.Vm, entry.Phase, fault);
    }

    /// <summary>Watchdog and qgactl thaw without telling us: their proof is in the entry.</summary>
    private void Remove(string window)
    {
        if (!_guard.Windows.TryGetValue(window, out var open)) return;
        if (!open.Thawed && EntryOf(open.Vm) is { Phase: LedgerPhase.Thawed } entry && entry.Window == window)
            Handle(new GuardInput.Settled(window));
        Handle(new GuardInput.Journalled(window));
    }

    private string? Write(LedgerEntry entry)
    {
        try
        {
            _services.Ledger.Write(entry);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    private void RemoveFile(string vm, string window)
    {
        _told.Remove(window);
        try
        {
            _services.Ledger.Remove(vm, window);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LedgerDamagedException)
        {
            _log.Warning("{0}: the ledger's entry could not be removed: {1}", vm, e.Message);
        }
    }

    // ---- the audit log

    private void TellAudit(AuditEntry? line, string window)
    {
        if (line is null || !_told.Add(window)) return;
        Handle(new GuardInput.Auditing(window));
        _services.Audit([line]).PipeTo(Self, success: () => new Audited(window));
    }

    // ---- limits

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
        foreach (var (window, _) in _actors.Where(open => actor.Equals(open.Value)).ToList())
        {
            _actors.Remove(window);
            Timers.Cancel(window);
            Handle(
                new GuardInput.Ended(
                    window,
                    VmIsHere: _guard.Windows.GetValueOrDefault(window) is { } open && _vms.ContainsKey(open.Vm)
                )
            );
        }
    }

    private void Stop(CloseWindows order)
    {
        _stopper = Sender;
        Handle(new GuardInput.Stop(order.Reason));
    }

    // ---- the watchdog

    private void BeatHeart()
    {
        if (GuardRules.Silence(_guard, _services.Time.Moment()) is { } silence)
        {
            _log.Error("{0}: this node does not thaw any more. The watchdog takes over", silence);
            return;
        }
        _watchdog?.Beat();
        See();
    }

    /// <summary>A connected watchdog that does not answer any more guards nobody.</summary>
    private void See()
    {
        if (_watchdog is { } watchdog)
            Handle(new GuardInput.Watchdog(watchdog.IsGuarding ? WatchdogSight.Guarding : WatchdogSight.Missing));
    }

    private void SummonWatchdog() =>
        _services.Watchdog(CancellationToken.None).PipeTo(
            Self, success: c => new Guarded(c), failure: e => new Unguarded(e.Message, (e as WatchdogException)?.Remedy));

    private void Guard(WatchdogClient client)
    {
        _watchdog = client;
        Handle(new GuardInput.Watchdog(WatchdogSight.Guarding));
        client.Closed.PipeTo(Self, success: reason => new Unguarded(reason));
    }

    private void Unguard(Unguarded why)
    {
        var hadOne = _watchdog is not null;
        _watchdog?.Dispose();
        (_watchdog, _noWatchdog) = (null, why);
        Handle(new GuardInput.Watchdog(hadOne ? WatchdogSight.Reaching : WatchdogSight.Missing));
        _log.Warning("No watchdog: {0}. No guest is frozen until there is one. {1}", why.Reason, why.Remedy ?? "");
        Timers.StartSingleTimer("summon", new Summon(), TimeSpan.FromSeconds(1));
    }
}
