using System.Collections.Concurrent;
using Akka.Actor;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What the monitor says of its VM now.</summary>
/// <param name="Up">The monitor answers.</param>
/// <param name="Reason">Why not.</param>
internal sealed record MonitorView(bool Up, string? Reason) : INoSerializationVerificationNeeded
{
    /// <summary>The run state of a VM that an operator stopped.</summary>
    public const string Paused = "paused";

    /// <summary>Of a guest that sleeps in its memory.</summary>
    public const string Suspended = "suspended";

    public string? QemuVersion { get; init; }
    public string? Uuid { get; init; }
    /// <summary>QEMU's run state, as in "running".</summary>
    public string? RunState { get; init; }
    /// <summary>The guest came to this QEMU by migration, and is here.</summary>
    public bool CameIn { get; init; }
    public QemuProcess? Process { get; init; }
    /// <summary>Whether somebody in the guest has the agent's port open; null: not known.</summary>
    public bool? PortOpen { get; init; }
}

/// <summary>The guest was reset: whatever was frozen is thawed, and no window holds.</summary>
internal sealed record GuestReset : INoSerializationVerificationNeeded;

/// <summary>QEMU told of something that ends the wait for a command without an answer, or wakes the guest.</summary>
internal sealed record MachineTold(MachineEvent Event) : INoSerializationVerificationNeeded;

/// <summary>
/// Keeps one VM's monitor open, follows its events, and tells its parent, the <see cref="VmActor"/>, each time that
/// something about the VM has changed. Lives as long as its parent knows the VM.
/// </summary>
internal sealed class MonitorKeeper : ReceiveActor, IWithTimers
{
    private sealed record Probe : INoSerializationVerificationNeeded;

    private sealed record Looked(MonitorView View) : INoSerializationVerificationNeeded;

    private sealed record Happened(MachineEvent Event) : INoSerializationVerificationNeeded;

    private sealed record Steady : INoSerializationVerificationNeeded;

    private sealed record Lost(string Reason) : INoSerializationVerificationNeeded;

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(2);

    /// <summary>Events that come together are one reason to look.</summary>
    private static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan ComesIn = TimeSpan.FromMilliseconds(500);

    /// <summary>A monitor that keeps its link so long begins its back-off anew.</summary>
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromMinutes(1);

    private readonly IMachine _machine;
    private readonly string _vm;
    private readonly bool _holds;
    private readonly RestartPauses _pauses;
    private readonly Action<MachineEvent> _happened;
    private readonly Action<string> _lost;

    /// <summary>Events that wait in the mailbox: each once, however many QEMU sends.</summary>
    private readonly ConcurrentDictionary<MachineEvent, bool> _told = new();
    private MonitorView _view = new(false, "not asked yet");
    private int _failures;
    private bool _looking, _lookAgain;

    /// <param name="machine">Shared with the VM's items; this actor alone reconnects it.</param>
    /// <param name="vm">The VM's name, for the back-off's jitter.</param>
    /// <param name="holds">False: the socket is others' too, so it is looked at now and then and let go.</param>
    /// <param name="pauses">How long it waits when it begins anew by a fault of ours.</param>
    public MonitorKeeper(IMachine machine, string vm, bool holds, RestartPauses pauses)
    {
        (_machine, _vm, _holds, _pauses) = (machine, vm, holds, pauses);
        var self = Self;
        _happened = e =>
        {
            if (_told.TryAdd(e, true)) self.Tell(new Happened(e));
        };
        _lost = reason => self.Tell(new Lost(reason));
        _machine.Happened += _happened;
        _machine.Lost += _lost;

        Receive<Probe>(_ => Look());
        Receive<Looked>(m =>
        {
            _looking = false;
            Show(m.View);
            if (_lookAgain) Timers.StartSingleTimer("again", new Probe(), LookPause);
        });
        Receive<Happened>(m => React(m.Event));
        Receive<Steady>(_ => _failures = 0);
        Receive<Lost>(m => Show(new MonitorView(false, $"the monitor was lost: {m.Reason}")));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Look();

    protected override void PostRestart(Exception reason) =>
        Timers.StartSingleTimer("probe", new Probe(), _pauses.Failed($"{_vm}'s monitor"));

    protected override void PostStop()
    {
        _machine.Happened -= _happened;
        _machine.Lost -= _lost;
    }

    private void Look()
    {
        _lookAgain = _looking;
        if (_looking) return;
        _looking = true;
        LookAsync().PipeTo(Self,
            success: view => new Looked(view),
            failure: e => new Looked(new MonitorView(false, e.Message)));
    }

    private void Show(MonitorView view)
    {
        var wasUp = _view.Up;
        if (view != _view) Context.Parent.Tell(_view = view);
        if (!view.Up)
        {
            Timers.Cancel("steady");
            Timers.StartSingleTimer("probe", new Probe(), ChannelRules.NextProbeAfter(_vm, ++_failures));
            return;
        }
        if (!wasUp) Timers.StartSingleTimer("steady", new Steady(), SteadyAfter);
        // A monitor that is let go tells of nothing: a guest that comes in is looked for.
        if (!_holds)
            Timers.StartSingleTimer("probe", new Probe(), view.RunState == QemuStates.Waits ? ComesIn : TimeSpan.FromSeconds(30));
    }

    private void React(MachineEvent happened)
    {
        _told.TryRemove(happened, out _);
        if (happened.Change == MachineChange.Reset) Context.Parent.Tell(new GuestReset());
        if (happened.Change is not (
            MachineChange.Port or MachineChange.Stopped or MachineChange.Resumed or MachineChange.DiskFault))
            Context.Parent.Tell(new MachineTold(happened));
        Look();
    }

    private async Task<MonitorView> LookAsync()
    {
        var opened = await _machine.OpenAsync(Answer);
        if (opened is not MachineOpening.Ready ready)
            return new(false, opened is MachineOpening.NoAnswer none ? none.Reason : "the monitor does not answer");
        // Read before the socket may be let go: it is the peer of an open link.
        var process = _machine.Process;
        var uuid = await _machine.UuidAsync(Answer);
        // A guest may come in between two questions. One that runs has come: so it is asked afterwards how.
        var state = (await _machine.StatusAsync(Answer))?.Status;
        var moved = await KnownAsync(_machine.HasMovedAsync(Answer));
        return new MonitorView(true, null)
        {
            QemuVersion = ready.Version.ToString(),
            Process = process,
            // Where it is late the monitor is not up: what is kept of a VM is kept by its UUID, and else by its name.
            Uuid = uuid,
            RunState = state,
            CameIn = moved == true && state is not (QemuStates.Waits or QemuStates.Left),
            PortOpen = await KnownAsync(_machine.IsAgentPortOpenAsync(Answer)),
        };
    }

    /// <summary>A question that some monitors do not answer: then it is not known, and the monitor is up all the same.</summary>
    private static async Task<T?> KnownAsync<T>(Task<T?> answer)
    {
        try
        {
            return await answer;
        }
        catch (MonitorException)
        {
            return default;
        }
    }
}
