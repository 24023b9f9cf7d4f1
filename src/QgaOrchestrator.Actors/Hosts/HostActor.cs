using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// The guard of this host's guests, one a node, on a thread of its own: it writes the freeze ledger, keeps the limits of
/// each open window, beats the watchdog's heart, and starts the actor of each VM that discovery finds. Its heartbeat says
/// "limits run and are heeded": where a window does not answer that its limit has passed, the heart stops, and the watchdog
/// takes over.
/// </summary>
public sealed class HostActor : ReceiveActor, IWithTimers
{
    private sealed record Beat : IHostMessage;

    private sealed record LimitDue(string Window, WindowLimit Limit) : IHostMessage;

    private sealed record Guarded(WatchdogClient Client) : IHostMessage;

    private sealed record Unguarded(string Reason, string? Remedy = null) : IHostMessage;

    private sealed record Summon : IHostMessage;

    private sealed record Audited(string Window) : IHostMessage;

    private sealed record Open(LedgerEntry Entry, IActorRef? Window);

    /// <summary>A window that has not said within this time that it heard its limit is not thawing.</summary>
    private static readonly TimeSpan LimitHeard = TimeSpan.FromSeconds(1);

    private readonly HostServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, Open> _windows = [];
    private readonly HashSet<string> _journalled = [];
    private readonly Dictionary<string, Moment> _unheard = [];
    private readonly HashSet<string> _told = [];

    /// <summary>Windows whose thaw the audit log does not have yet, and the VM of those whose entry is to go then.</summary>
    private readonly Dictionary<string, string?> _telling = [];
    private Dictionary<string, VmSpec> _vms = [];
    private WatchdogClient? _watchdog;
    private Unguarded _noWatchdog = new("qga-watchdog has not been reached yet");
    private bool _guarded;

    /// <summary>A watchdog is just being reached, ours or its successor: windows wait for it, each beside who wants it.</summary>
    private bool _reaching = true;
    private readonly List<(OpenEntry Order, IActorRef From)> _waiting = [];
    private string? _stopping;
    private IActorRef? _stopper;

    public HostActor(HostServices services)
    {
        _services = services;
        foreach (var damaged in Load())
            _log.Error("The ledger's {0} cannot be read ({1}): the guest that it names is not thawed by itself. Look at it with qgactl vm show", damaged.Path, damaged.Reason);

        Receive<Beat>(_ => BeatHeart());
        Receive<Summon>(_ => SummonWatchdog());
        Receive<Guarded>(m => Guard(m.Client));
        Receive<Unguarded>(Unguard);

        Receive<VmsFound>(Find);
        Receive<OpenEntry>(OpenWindow);
        Receive<MoveEntry>(m => Move(m.Entry));
        Receive<RemoveEntry>(m => Remove(m.Window));
        Receive<Audited>(m => Audit(m.Window));
        Receive<FindVm>(Answer);
        Receive<FindEntry>(m => Sender.Tell(new EntryFound(EntryOf(m.Vm))));

        Receive<ArmLimit>(Arm);
        Receive<LimitDue>(PassLimit);
        Receive<LimitSeen>(m => _unheard.Remove(m.Window));
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
    protected override void PreRestart(Exception reason, object message) => Environment.FailFast("the guard of this host's freezes failed", reason);

    // ---- VMs

    private void Find(VmsFound found)
    {
        var now = found.Vms.ToDictionary(vm => vm.Id.Name);
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
            _windows[entry.Window] = new Open(entry, null);
            TellAudit(ThawLines.ByAnother(entry, _services.Name), entry.Window);
            // A caller's own freeze, thawed: no run will ever ask for its entry.
            if (entry is { Phase: LedgerPhase.Thawed, Run.Length: 0 }) Remove(entry.Window);
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
        var window = order.Entry.Window;
        if (_reaching && _stopping is null)
        {
            _waiting.Add((order, Sender));
            return;
        }
        if (Refusal() is { } refusal)
        {
            Sender.Tell(new EntryRefused(window, refusal.Reason, refusal.Remedy));
            return;
        }
        if (EntryOf(order.Entry.Vm) is { Phase: not LedgerPhase.Thawed } open && open.Window != window && _windows.GetValueOrDefault(open.Window) is not { Window: not null })
        {
            // Overwritten, it would be forgotten, and its guest with it.
            Sender.Tell(new EntryRefused(
                window, $"the guest may still be frozen by the window {open.Window}, which an earlier process left open", "It is thawed first; then run this again"));
            return;
        }
        if (Write(order.Entry) is { } fault)
        {
            var ledger = _services.Ledger.Directory;
            Sender.Tell(new EntryRefused(window, $"the freeze ledger {ledger} cannot be written: {fault}", $"Make room on {ledger}, and give the node's user write access to it"));
            return;
        }
        _windows[window] = new Open(order.Entry, Context.Watch(Sender));
        Sender.Tell(new EntryOpened(window));
    }

    private (string Reason, string Remedy)? Refusal() => this switch
    {
        { _stopping: { } stopping } => (stopping, "Run the backup again when the node is up"),
        { _watchdog.IsGuarding: true } => null,
        _ => ($"no guest is frozen without qga-watchdog: {_noWatchdog.Reason}", _noWatchdog.Remedy ??
            $"The node starts one or finds its successor by itself; if it does not, see the journal of qga-watchdog or {WatchdogLauncher.LogOf(_services.Ledger)}"),
    };

    /// <summary>A window of an earlier process has no actor that we watch; it is written all the same.</summary>
    private void Move(LedgerEntry entry)
    {
        var thawed = entry.Phase == LedgerPhase.Thawed;
        var known = _windows.GetValueOrDefault(entry.Window);
        if (thawed) TellAudit(ThawLines.ByNode(entry, found: known is { Window: null, Entry.Phase: not LedgerPhase.Thawed }, _services.Name), entry.Window);
        var removed = thawed && _journalled.Remove(entry.Window) && RemoveFile(entry.Vm, entry.Window);
        if (!removed && Write(entry) is { } fault) _log.Warning("{0}: the ledger's entry could not be moved to {1}: {2}", entry.Vm, entry.Phase, fault);

        if (thawed && known?.Window is { } actor) Context.Unwatch(actor);
        _windows[entry.Window] = new Open(entry, thawed ? null : known?.Window);
        if (_stopper is not null) CheckStopped();
    }

    private void Remove(string window)
    {
        if (!_windows.TryGetValue(window, out var open)) return;
        if (open.Entry.Phase != LedgerPhase.Thawed && EntryOf(open.Entry.Vm)?.Phase != LedgerPhase.Thawed)
        {
            _journalled.Add(window);
            return;
        }
        _windows.Remove(window);
        RemoveFile(open.Entry.Vm, window);
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

    /// <summary>False: later, when the audit log has what it tells.</summary>
    private bool RemoveFile(string vm, string window)
    {
        if (_telling.ContainsKey(window))
        {
            _telling[window] = vm;
            return false;
        }
        _told.Remove(window);
        try
        {
            _services.Ledger.Remove(vm, window);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LedgerDamagedException)
        {
            _log.Warning("{0}: the ledger's entry could not be removed: {1}", vm, e.Message);
        }
        return true;
    }

    // ---- the audit log

    private void TellAudit(AuditEntry? line, string window)
    {
        if (line is null || !_told.Add(window)) return;
        _telling[window] = null;
        _services.Audit([line]).PipeTo(Self, success: () => new Audited(window));
    }

    private void Audit(string window)
    {
        if (_telling.Remove(window, out var vm) && vm is not null) RemoveFile(vm, window);
    }

    // ---- limits

    private void Arm(ArmLimit arm)
    {
        _unheard.Remove(arm.Window);
        if (arm.Limit is not { } limit) Timers.Cancel(arm.Window);
        else Timers.StartSingleTimer(arm.Window, new LimitDue(arm.Window, limit), arm.After > TimeSpan.Zero ? arm.After : TimeSpan.Zero);
    }

    private void PassLimit(LimitDue due)
    {
        if (_windows.GetValueOrDefault(due.Window)?.Window is not { } window) return;
        _unheard[due.Window] = _services.Time.Moment();
        window.Tell(new LimitReached(due.Window, due.Limit));
    }

    /// <summary>A window that ended without having thawed its guest: the VM's actor adopts it like a crash's.</summary>
    private void Lost(IActorRef window)
    {
        foreach (var open in _windows.Values.Where(o => window.Equals(o.Window)).ToList())
        {
            _windows[open.Entry.Window] = open with { Window = null };
            // It hears nothing any more; whoever adopts the window thaws at once and needs no limit.
            Timers.Cancel(open.Entry.Window);
            _unheard.Remove(open.Entry.Window);
            if (_vms.TryGetValue(open.Entry.Vm, out var vm)) _services.Vms.Tell(new VmPresent(vm, EntryOf(vm.Id.Name)));
        }
        if (_stopper is not null) CheckStopped();
    }

    private void Stop(CloseWindows order)
    {
        _stopping = order.Reason;
        _stopper = Sender;
        AnswerWaiting();
        foreach (var open in _windows.Values) open.Window?.Tell(new ThawWindow(order.Reason));
        CheckStopped();
    }

    private void CheckStopped()
    {
        if (_windows.Values.All(open => open.Window is null)) _stopper?.Tell(new WindowsClosed());
    }

    // ---- the watchdog

    private void BeatHeart()
    {
        var now = _services.Time.Moment();
        if (_unheard.Any(limit => now - limit.Value > LimitHeard))
        {
            _log.Error("A window has not heard that its limit passed: this node does not thaw any more. The watchdog takes over");
            return;
        }
        _watchdog?.Beat();
        TellUnguarded();
    }

    /// <summary>A group's members may hold their reservation, and freeze later: not without a watchdog.</summary>
    private void TellUnguarded()
    {
        var wasGuarded = _guarded;
        _guarded = _watchdog is { IsGuarding: true };
        if (!wasGuarded || _guarded || Refusal() is not { } refusal) return;
        foreach (var open in _windows.Values) open.Window?.Tell(new WindowInput.Unguarded(refusal.Reason, refusal.Remedy));
    }

    private void SummonWatchdog() =>
        _services.Watchdog(CancellationToken.None).PipeTo(
            Self, success: c => new Guarded(c), failure: e => new Unguarded(e.Message, (e as WatchdogException)?.Remedy));

    private void AnswerWaiting()
    {
        _reaching = false;
        foreach (var (order, from) in _waiting) Self.Tell(order, from);
        _waiting.Clear();
    }

    private void Guard(WatchdogClient client)
    {
        _watchdog = client;
        _guarded = true;
        AnswerWaiting();
        client.Closed.PipeTo(Self, success: reason => new Unguarded(reason));
    }

    private void Unguard(Unguarded why)
    {
        var hadOne = _watchdog is not null;
        _watchdog?.Dispose();
        _watchdog = null;
        _noWatchdog = why;
        TellUnguarded();
        if (hadOne) _reaching = true;
        else AnswerWaiting();
        _log.Warning("No watchdog: {0}. No guest is frozen until there is one. {1}", why.Reason, why.Remedy ?? "");
        Timers.StartSingleTimer("summon", new Summon(), TimeSpan.FromSeconds(1));
    }
}
