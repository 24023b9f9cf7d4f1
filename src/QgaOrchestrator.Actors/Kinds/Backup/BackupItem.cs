using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>
/// One VM's backup: prepare → window → copy → verify → catalog. The steps read from top to bottom in
/// <see cref="RunAsync"/>; what follows from a window or a crash is decided by <see cref="BackupKind"/>. Whatever fails is
/// undone before the outcome is told; whatever a crash leaves is found by its names.
/// </summary>
internal sealed class BackupItem : ReceiveActor, IWithTimers, IDisposable
{
    /// <summary>Why an item of an aborted run ended.</summary>
    public const string Aborted = "the run was aborted";

    private sealed record Repeat : INoSerializationVerificationNeeded;

    /// <summary>A member that waits for its group says this often how far it is.</summary>
    private static readonly TimeSpan RepeatEvery = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);

    /// <summary>A monitor that was just lost is reconnected this often before its undo is given up.</summary>
    private const int Reconnects = 5;

    private static readonly TimeSpan BetweenReconnects = TimeSpan.FromSeconds(1);

    private readonly StartItem _order;
    private readonly BackupOptions _options;
    private readonly VmServices _services;
    private readonly VmSpec _spec;
    private readonly IActorRef _vm;
    private readonly IActorRef _self;
    private readonly IMachine? _machine;
    private readonly CutNames _names;
    private readonly PointDirectory _directory;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stopped = new();
    private readonly CancellationTokenSource _halt;
    private readonly GroupSeat? _seat;
    private readonly Consistency _consistency;
    private readonly TaskCompletionSource<object> _window = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ItemProgress _progress;
    private QemuProcess? _qemu;

    /// <summary>How the item is to end, since it was told to: the run is aborted, or its group is void.</summary>
    private volatile ItemOutcome? _halted;

    public BackupItem(StartItem order, VmServices services, VmSpec spec, IMachine? machine, IActorRef vm)
    {
        (_order, _services, _spec, _machine, _vm, _self) = (order, services, spec, machine, vm, Self);
        _options = order.Options.Backup ?? throw new ArgumentException("the run's options hold no backup", nameof(order));
        _halt = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
        _seat = order.Group is null ? null : new GroupSeat(order, services.Runs);
        _consistency = order.Freeze == FreezeMode.Never ? Consistency.None : _options.Consistency;
        _names = CutNames.For(order.Run, order.Item, order.Attempt);
        _directory = PointDirectory.For(
            _options.Target ?? services.Points, services.Drafts, spec.Id, order.DispatchedAt, _names.Hash);
        _progress = new ItemProgress(order.Item, order.Attempt, BackupKind.Prepare.Name, null, 0, 0);

        Receive<ItemProgress>(m => Show(_progress with { Step = m.Step, Done = m.Done, Total = m.Total }));
        Receive<StartItem>(_ =>
        {
            services.Runs.Tell(new ItemMoved(order.Run, _progress));
            _seat?.Repeat();
        });
        Receive<Repeat>(_ => _seat?.Repeat());
        Receive<GroupOrder>(Obey);
        Receive<AbortItem>(_ => Halt(Outcome(ItemState.Cancelled, Aborted, null)));
        Receive<WindowMoved>(
            m => _seat?.Report(new MemberReport(m.Progress == WindowProgress.Cut ? MemberPhase.Cut : MemberPhase.Reserved)));
        Receive<WindowFrozen>(m =>
        {
            Show(_progress with { FrozenSince = m.Since });
            _seat?.Report(new MemberReport(MemberPhase.Frozen));
        });
        Receive<WindowRefused>(m => _window.TrySetResult(m));
        Receive<WindowUnsettled>(m => _window.TrySetResult(m));
        Receive<WindowClosed>(m =>
        {
            Show(_progress with { FrozenSince = null });
            _window.TrySetResult(m);
        });
        Receive<ItemOutcome>(m => Context.Parent.Tell(new ItemsActor.Finished(m, Window)));

        Receive<Status.Failure>(m => Context.Parent.Tell(new ItemsActor.Finished(
            ItemOutcome.Interrupted(order.Item, order.Attempt, $"a fault in qgad: {m.Cause.Message}"), Window)));

        if (_seat is not null) Timers!.StartPeriodicTimer("repeat", new Repeat(), RepeatEvery);
        RunAsync(_stopped.Token).PipeTo(Self);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The window's identity is the attempt's.</summary>
    private string Window => _names.Hash;

    /// <summary>A node that stops leaves copies to QEMU: they are found again.</summary>
    protected override void PostStop()
    {
        _stopped.Cancel();
        Dispose();
    }

    private async Task<ItemOutcome> RunAsync(CancellationToken cancel)
    {
        _seat?.Report(new MemberReport(MemberPhase.Begun));
        if (_machine is null) return Outcome(Obstacle.NoMonitor);

        var backup = BackupCut.For(_options, _services, _spec, _machine);
        var cut = backup.Make();
        var vm = await _vm.Ask<VmDescribed>(new DescribeVm(), Answer, cancel);
        _qemu = vm.Machine.Process;
        // What an earlier process had begun is not left behind for a monitor that is late, or gone: what a hook made outlives
        // QEMU.
        if (Obstacle.Of(vm.Machine) is { } obstacle && !(_order.Resume && _directory.ReadPoint() is not null))
            return _order.Resume ? await UndoAsync(cut, Outcome(obstacle), cancel) : Outcome(obstacle);

        try
        {
            if (!_order.Resume) return await BeginAsync(backup, cut, vm, cancel);
            var found = await LookAsync(cut, cancel);
            return found.Outcome ?? await FinishAsync(cut, found.Draft!, _halt.Token);
        }
        catch (Exception) when (_halted is { } halted && !cancel.IsCancellationRequested)
        {
            return await UndoAsync(cut, halted, cancel);
        }
        catch (CutException e)
        {
            return await UndoAsync(cut, e.Unreachable ? Unreachable(e.Message, e.Remedy) : Failed(e.Message, e.Remedy), cancel);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            return await UndoAsync(cut, Fault(e), cancel);
        }
    }

    /// <summary>prepare → window, then the rest.</summary>
    private async Task<ItemOutcome> BeginAsync(BackupCut backup, ICut cut, VmDescribed vm, CancellationToken cancel)
    {
        Move(BackupKind.Prepare);
        var fitness = await FreezeFitness.AskAsync(_vm, _services, _spec, vm.Machine, _consistency);
        if (fitness.Stop is { } stop) return Outcome(stop);

        await CutMethods.All.RecoverAsync(backup.Job, () => _services.Unsettled(_spec.Id), _halt.Token);
        _directory.Create(_services.TargetGroup, backup.Method.QemuWritesImages);
        var plan = await PrepareAsync(cut, _halt.Token);
        var os = vm.Guest.Inventory?.OsId;
        var limits = _services.Limits.For(os);
        var hooks = await GuestHooks.BeforeAsync(_vm, vm.Guest, fitness.Freezes);
        var coverage = DiskCoverage.Of(plan, fitness.FileSystems, fitness.Mounts);
        var draft = Store(
            new PointDraft(
                _names.Hash,
                _directory.Path,
                plan.Disks,
                coverage,
                vm.Machine.Uuid,
                os,
                limits.Lease,
                Facts: null,
                Unfrozen: false,
                Method: _options.Method,
                Outside: DiskCoverage.Outside(plan)
            )
        );

        if (_seat is not null)
            await _seat.AtAsync(
                new MemberReport(
                    MemberPhase.Prepared,
                    Slow: os == "mswindows" || vm.SlowFreeze,
                    Covered: fitness.Freezes && coverage.IsWhole
                ),
                GroupStep.Reserve,
                _halt.Token
            );

        Move(BackupKind.Window);
        if (fitness.Freezes)
        {
            var (record, failure) = await CutFrozenAsync(cut, plan, limits, cancel);
            if (failure is null)
            {
                var report = await GuestHooks.AfterAsync(_vm, hooks);
                return await FinishAsync(
                    cut, Store(draft with { Facts = LedgerFacts.From(record!, "node"), Hooks = report }), _halt.Token);
            }
            if (record is { FreezeRefused: true } && await GuestHooks.RefusalAsync(_vm, hooks) is { } refusal)
                failure = failure with
                {
                    Reason = $"the guest refused to freeze: {refusal}",
                    Remedy = "See to the script's application in the guest, or use consistency prefer",
                };
            if (
                failure.State == ItemState.Unknown
                || _consistency == Consistency.Require
                || _seat is not null
                || _halted is not null
            )
                return await UndoAsync(
                    cut, _halted is { } halted && failure.State != ItemState.Unknown ? halted : failure, cancel);

            // Preferred, not required: whatever the broken window cut is undone, and the running guest is cut.
            await cut.UndoAsync(_names, _directory.Path, cancel);
            _directory.Create(_services.TargetGroup, backup.Method.QemuWritesImages);
            plan = await PrepareAsync(cut, _halt.Token);
            Store(draft with { Disks = plan.Disks });
        }
        else if (_seat is not null)
        {
            // It is not frozen, and says so: the group cuts it with the others.
            await _seat.AtAsync(new MemberReport(MemberPhase.Reserved), GroupStep.Freeze, _halt.Token);
            await _seat.AtAsync(new MemberReport(MemberPhase.Frozen), GroupStep.Cut, _halt.Token);
        }
        if (await cut.CutAsync(plan, Answer) is var outcome and not CutOutcome.Done)
            throw new CutException($"the disks could not be cut: {outcome}", "See the node's log; the VM's disks are as before");
        _seat?.Report(new MemberReport(MemberPhase.Cut));
        return await FinishAsync(cut, Store(draft with { Disks = plan.Disks, Unfrozen = true }), _halt.Token);
    }

    // ---- what it is told on the way

    private void Obey(GroupOrder said)
    {
        switch (said.Step)
        {
            case GroupStep.Void:
                Halt(said.Voided!);
                break;
            case GroupStep.Freeze:
                Steer(new WindowInput.FreezeNow());
                break;
            case GroupStep.Cut:
                Steer(new WindowInput.CutNow(said.Hold));
                break;
            case GroupStep.Thaw:
                Steer(new WindowInput.AllCut());
                break;
        }
        _seat?.Take(said);
    }

    /// <summary>Ends the item wherever it is; an open window is thawed first.</summary>
    private void Halt(ItemOutcome outcome)
    {
        _halted ??= outcome;
        Steer(new WindowInput.ThawNow(_halted.Reason!));
        _ = _halt.CancelAsync();
    }

    private void Steer(WindowInput input) => _vm.Tell(new SteerWindow(Window, input));

    private async Task<CutPlan> PrepareAsync(ICut cut, CancellationToken cancel)
    {
        await _services.Preparing.WaitAsync(cancel);
        try
        {
            return await cut.PrepareAsync(
                _names, new CutTarget(_directory.Path, _options.Bandwidth) { Exclude = _services.Exclude(_spec.Id) }, cancel);
        }
        finally
        {
            _services.Preparing.Release();
        }
    }

    /// <summary>Opens the window and waits until it is settled, or until nobody can say when it will be.</summary>
    private async Task<(WindowRecord? Record, ItemOutcome? Failure)> CutFrozenAsync(
        ICut cut, CutPlan plan, FreezeLimits limits, CancellationToken cancel)
    {
        // Both sockets are ours without a break from here to the settlement.
        _machine!.Hold(true);
        await _machine.OpenAsync(Answer);
        _vm.Tell(
            new OpenWindow(
                new WindowOrder(Window, limits.Timeout, limits.Lease, _seat is null ? WindowMode.Alone : WindowMode.Group),
                new ItemId(_order.Run, _order.Item, _order.Attempt),
                budget => cut.CutAsync(plan, budget)),
            _self);
        var end = await _window.Task.WaitAsync(cancel);
        _machine.Hold(false);
        return end switch
        {
            WindowClosed { Record: var record } => (
                record,
                BackupKind.Judge(record) is { } broken ? Failed(broken.Reason, broken.Remedy, record) : null
            ),
            WindowUnsettled w => (
                null,
                Outcome(
                    ItemState.Unknown,
                    $"the guest may still be frozen: {w.Reason}",
                    $"The node keeps thawing it; see qgactl vm show {_spec.Id.Name}"
                )
            ),
            WindowRefused w => (
                null,
                Unreachable(w.Reason, $"Check that qemu-ga runs in the guest: qgactl vm show {_spec.Id.Name}")
            ),
            var other => throw new InvalidOperationException($"unexpected answer {other}"),
        };
    }

    private PointDraft Store(PointDraft draft)
    {
        if (_directory.Write(draft) is { } fault)
            _log.Warning("{0}: a crash would undo this attempt, since its draft cannot be written: {1}", _spec.Id.Name, fault);
        return draft;
    }

    /// <summary>copy → verify → catalog: the same after a window and after a crash behind one.</summary>
    private async Task<ItemOutcome> FinishAsync(ICut cut, PointDraft draft, CancellationToken cancel)
    {
        draft = await AgreeAsync(draft, cancel);
        if (!draft.Copied)
        {
            Move(BackupKind.Copy);
            await cut.FinishAsync(draft.Plan, copied => _self.Tell(Progress(BackupKind.Copy, copied)), cancel);
            draft = Store(draft with { Copied = true });
        }

        Move(BackupKind.Verify);
        var point = draft.ToPoint(_spec.Id, _order.Run, _order.Group, _directory, await HashAsync(draft.Plan, cancel));

        if (_seat is not null)
            await _seat.AtAsync(new MemberReport(MemberPhase.Verified, Verdict: draft.Verdict), GroupStep.Publish, cancel);
        Move(BackupKind.Catalog);
        _directory.Publish(point);
        return await EndAsync(point, cancel);
    }

    /// <summary>A group's member goes on when all windows of the group held; what was agreed upon is stored before it
    /// copies.</summary>
    private async Task<PointDraft> AgreeAsync(PointDraft draft, CancellationToken cancel)
    {
        if (_seat is null) return draft;
        if (draft.Verdict is null)
            draft = Store(
                draft with
                {
                    Verdict = (await _seat.AtAsync(new MemberReport(MemberPhase.Closed), GroupStep.GoOn, cancel)).Verdict,
                }
            );
        _seat.Report(new MemberReport(MemberPhase.Copying, Verdict: draft.Verdict));
        return draft;
    }

    /// <summary>point.json is there: a VM alone has succeeded, a group's member when all of them have.</summary>
    private async Task<ItemOutcome> EndAsync(RecoveryPoint point, CancellationToken cancel)
    {
        if (_seat is not null)
            await _seat.AtAsync(
                new MemberReport(
                    MemberPhase.Published,
                    Verdict: new GroupVerdict(point.Proof.SkewMs ?? 0, point.Class != "crash")
                ),
                GroupStep.End,
                cancel
            );
        await _services.Catalog(point);
        return Succeeded(point);
    }

    private Task<IReadOnlyList<ImageSum>> HashAsync(CutPlan plan, CancellationToken cancel) =>
        Task.Factory.StartNew<IReadOnlyList<ImageSum>>(
            () => [.. plan.Disks.Select(disk => ImageSum.Of(disk.Image, cancel))],
            cancel, TaskCreationOptions.DenyChildAttach, _services.Files);

    /// <summary>
    /// What an earlier process came to with this attempt, as <see cref="BackupLook"/> judges it: done (the point is there), a
    /// copy to go on with (its window had closed well), or anything else, which is undone.
    /// </summary>
    private async Task<(PointDraft? Draft, ItemOutcome? Outcome)> LookAsync(ICut cut, CancellationToken cancel)
    {
        var found = await EarlierAttempt.ReadAsync(_directory, Window, _services.Host, _spec.Id.Name, Answer, cancel);
        switch (found.Next)
        {
            case BackupNext.End:
                _directory.Publish(found.Point!);
                return (null, await EndAsync(found.Point!, _halt.Token));
            case BackupNext.GoOn:
            case BackupNext.GoOnIfCopying when await cut.CanFinishAsync(found.Draft!.Plan, cancel):
                return (found.Draft, null);
            default:
                return (
                    null,
                    await UndoAsync(
                        cut,
                        ItemOutcome.Interrupted(_order.Item, _order.Attempt, "the node ended inside this attempt"),
                        cancel
                    )
                );
        }
    }

    private async Task<ItemOutcome> UndoAsync(ICut cut, ItemOutcome outcome, CancellationToken cancel)
    {
        // Who was stopped leaves everything as it is, and the socket to its successor.
        cancel.ThrowIfCancellationRequested();
        // The others need not wait until this one is undone.
        if (_halted is null) _seat?.Report(new MemberReport(MemberPhase.Begun, Failing: outcome));
        _directory.Withdraw();
        // What cut the window short may have been the monitor's own link, and QEMU copies on without us.
        for (var i = 0; i < Reconnects && await _machine!.OpenAsync(Answer) is not MachineOpening.Ready; i++)
            await Task.Delay(BetweenReconnects, _services.Time, cancel);
        try
        {
            await cut.UndoAsync(_names, _directory.Path, cancel);
            _directory.Delete();
            return outcome;
        }
        catch (CutException e) when (e.Unreachable && _qemu is { } process && !_services.IsAlive(process))
        {
            // Its QEMU is gone, and with it jobs and nodes: only the files are left.
            TargetDirectory.Delete(_directory.Path);
            _directory.Delete();
            return outcome;
        }
        catch (CutException e)
        {
            return outcome with { Reason = $"{outcome.Reason}; and not all could be undone: {e.Message}", Remedy = e.Remedy };
        }
    }

    public void Dispose()
    {
        _halt.Dispose();
        _stopped.Dispose();
    }

    // ---- outcomes

    /// <summary>Why a guest that was frozen has a point that says no more than crash is told with the item, too.</summary>
    private ItemOutcome Succeeded(RecoveryPoint point) => (point is { Class: "crash", Proof: { Frozen: > 0, Note: { } note } }
        ? Outcome(ItemState.Succeeded, $"the point says crash: {note}", PreflightRules.Uncovered)
        : Outcome(ItemState.Succeeded, null, null)) with
    {
        FrozenMs = point.Proof.FrozenMs,
        Point = new PointMade(point.Id, point.Directory, point.Class, point.Disks.Sum(disk => disk.Bytes)),
    };

    private ItemOutcome Failed(string reason, string remedy, WindowRecord? record = null) =>
        Outcome(ItemState.Failed, reason, remedy) with
        {
            FrozenMs = PointDraft.FrozenMs(record),
            RefusedBy = record is { FreezeRefused: true } ? ItemOutcome.Guest : null,
        };

    private ItemOutcome Outcome(Finding obstacle) =>
        Outcome(obstacle.State, obstacle.What, obstacle.Remedy) with { RefusedBy = obstacle.RefusedBy };

    private ItemOutcome Unreachable(string reason, string remedy) => Outcome(ItemState.Unreachable, reason, remedy);

    private ItemOutcome Outcome(ItemState state, string? reason, string? remedy) =>
        new(_order.Item, _order.Attempt, state, reason, remedy);

    private ItemOutcome Fault(Exception fault)
    {
        _log.Error(fault, "{0}: the backup failed by a fault of this program", _spec.Id.Name);
        return Failed($"a fault in qgad: {fault.Message}", "See the node's log, and report it");
    }

    // ---- progress

    private void Move(RunStep step) => _self.Tell(Progress(step, new CopyProgress(0, 0)));

    private ItemProgress Progress(RunStep step, CopyProgress copied) =>
        new(_order.Item, _order.Attempt, step.Name, null, copied.Done, copied.Total);

    private void Show(ItemProgress progress)
    {
        if (progress == _progress) return;
        _progress = progress;
        _services.Runs.Tell(new ItemMoved(_order.Run, progress));
    }
}
