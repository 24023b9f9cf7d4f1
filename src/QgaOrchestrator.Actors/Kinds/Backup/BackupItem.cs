using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>
/// One VM's backup. Performs what <see cref="BackupRules"/> asks for; the steps themselves are in <see cref="BackupWork"/>.
/// Child of the <see cref="ItemsActor"/>. A node that stops leaves copies to QEMU: they are found again by their names.
/// </summary>
internal sealed class BackupItem : ReceiveActor, IWithTimers, IDisposable
{
    private sealed record Repeat : INoSerializationVerificationNeeded;

    /// <summary>A group's member tells its group this often how far it is: a lost message costs a second.</summary>
    private static readonly TimeSpan RepeatEvery = TimeSpan.FromSeconds(1);

    private readonly StartItem _order;
    private readonly Func<IActorRef> _runs;
    private readonly IActorRef _vm;
    private readonly IHostKind _kind;
    private readonly BackupWork? _work;
    private readonly string _window;
    private readonly CancellationTokenSource _stopped = new();
    private readonly CancellationTokenSource _halted;
    private AttemptData _data = new();
    private ItemProgress _progress;
    private BackupState _state;

    public BackupItem(StartItem order, VmServices services, VmSpec spec, IMachine? machine, IActorRef vm)
    {
        var options = BackupOptions.Of(order.Options)
            ?? throw new ArgumentException("the run's options hold no backup", nameof(order));
        var consistency = order.Freeze == FreezeMode.Never ? Consistency.None : options.Consistency;
        // The window's identity is the attempt's.
        _window = CutNames.For(order.Run, order.Item, order.Attempt).Hash;
        (_order, _runs, _vm, _kind) = (order, services.Runs, vm, spec.Kind);
        _halted = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
        _work = machine is null
            ? null
            : new BackupWork(order, services, spec, machine, vm, consistency, Context.GetLogger());
        _progress = new ItemProgress(order.Item, order.Attempt, BackupKind.Prepare.Name, null, 0, 0);
        (_state, var first) = BackupRules.Begin(
            new BackupOrder(order.Item, order.Attempt, spec.Id.Name, consistency, order.Group is not null), order.Resume);

        Receive<StepEnded>(m =>
        {
            _data = m.Data;
            Handle(m.Input);
        });
        Receive<CopyProgress>(m => Show(_progress with { Done = m.Done, Total = m.Total }));
        Receive<StartItem>(_ =>
        {
            Tell(_progress);
            Handle(new BackupInput.Repeat());
        });
        Receive<Repeat>(_ => Handle(new BackupInput.Repeat()));
        Receive<GroupOrder>(m => Handle(new BackupInput.Ordered(m)));
        Receive<AbortItem>(_ => Handle(new BackupInput.Aborted()));
        Receive<WindowMoved>(m => Handle(new BackupInput.WindowMoved(m.Progress)));
        Receive<WindowFrozen>(m =>
        {
            Show(_progress with { FrozenSince = m.Since });
            Handle(new BackupInput.WindowMoved(WindowProgress.Frozen));
        });
        Receive<WindowRefused>(m => WindowEnded(new BackupInput.WindowRefused(m.Reason)));
        Receive<WindowUnsettled>(m => WindowEnded(new BackupInput.WindowUnsettled(m.Reason)));
        Receive<WindowClosed>(m =>
        {
            Show(_progress with { FrozenSince = null });
            WindowEnded(new BackupInput.WindowClosed(m.Record));
        });

        if (order.Group is not null) Timers!.StartPeriodicTimer("repeat", new Repeat(), RepeatEvery);
        // One that looks first shows its step when it has found it.
        if (!order.Resume) Tell(_progress);
        foreach (var effect in first) Perform(effect);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private void WindowEnded(BackupInput end)
    {
        _work!.ReleaseMonitor();
        Handle(end);
    }

    private void Handle(BackupInput input)
    {
        (_state, var effects) = BackupRules.Step(_state, input);
        foreach (var effect in effects) Perform(effect);
    }

    private void Perform(BackupEffect effect)
    {
        var (data, self, halted, stopped) = (_data, Self, _halted.Token, _stopped.Token);
        switch (effect)
        {
            case BackupEffect.Check or BackupEffect.Look when _work is null:
                self.Tell(new StepEnded(new BackupInput.Unfit(MachineObstacle.None(_kind)), data));
                break;
            case BackupEffect.Check: Begin(work => work.CheckAsync(stopped)); break;
            case BackupEffect.Look: Begin(work => work.LookAsync(stopped)); break;
            case BackupEffect.CheckCopies: Begin(work => work.CheckCopiesAsync(data, stopped)); break;
            case BackupEffect.Prepare e: Begin(work => work.PrepareAsync(data, e.Again, halted, stopped)); break;
            case BackupEffect.HoldMonitor: Begin(work => work.HoldMonitorAsync(data)); break;
            case BackupEffect.AskHooks e: Begin(work => work.AskHooksAsync(data, e.Refused)); break;
            case BackupEffect.CutUnfrozen: Begin(work => work.CutUnfrozenAsync(data)); break;
            case BackupEffect.Copy: Begin(work => work.CopyAsync(data, copied => self.Tell(copied), halted)); break;
            case BackupEffect.Verify: Begin(work => work.VerifyAsync(data, halted)); break;
            case BackupEffect.Publish e: Begin(work => Task.FromResult(work.Publish(data, e.Point))); break;
            case BackupEffect.Catalog e: Begin(work => work.CatalogAsync(data, e.Point)); break;
            case BackupEffect.Undo: Begin(work => work.UndoAsync(data, stopped)); break;

            case BackupEffect.CancelStep: _halted.Cancel(); break;
            case BackupEffect.OpenWindow: _work!.OpenWindow(data, self); break;
            case BackupEffect.SteerWindow e: _vm.Tell(new SteerWindow(_window, e.Input)); break;
            case BackupEffect.StoreDraft e: _data = _work!.Store(data, e.Draft); break;
            case BackupEffect.Report e:
                _runs().Tell(new MemberMoved(_order.Run, _order.Item, _order.Attempt, e.Member));
                break;
            case BackupEffect.Show e: Show(_progress with { Step = e.Step.Name, Done = 0, Total = 0 }); break;
            case BackupEffect.End e: Context.Parent.Tell(new ItemsActor.Finished(e.Outcome, _window)); break;
        }
    }

    /// <summary>A step runs beside the actor, since it may wait for files, and ends with a message to it.</summary>
    private void Begin(Func<BackupWork, Task<StepEnded>> step)
    {
        var (work, data, halted) = (_work!, _data, _halted.Token);
        Task.Run(() => step(work)).PipeTo(
            Self, failure: e => new StepEnded(work.Failure(e, halted.IsCancellationRequested), data));
    }

    private void Show(ItemProgress progress)
    {
        if (progress != _progress) Tell(_progress = progress);
    }

    private void Tell(ItemProgress progress) => _runs().Tell(new ItemMoved(_order.Run, progress));

    protected override void PostStop()
    {
        _stopped.Cancel();
        Dispose();
    }

    public void Dispose()
    {
        _halted.Dispose();
        _stopped.Dispose();
    }
}
