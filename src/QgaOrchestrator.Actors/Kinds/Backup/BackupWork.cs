using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>
/// The steps of one VM's backup, each as long as it takes, in the order of its life. Each takes what is known of the attempt and
/// hands back what it has become, with the input that ends it for <see cref="BackupRules"/>. At most one is under way.
/// </summary>
internal sealed class BackupWork
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);

    /// <summary>A monitor that was just lost is reconnected this often before its undo is given up.</summary>
    private const int Reconnects = 5;

    private static readonly TimeSpan BetweenReconnects = TimeSpan.FromSeconds(1);

    private readonly StartItem _order;
    private readonly BackupOptions _options;
    private readonly VmServices _services;
    private readonly VmSpec _spec;
    private readonly IMachine _machine;
    private readonly IActorRef _vm;
    private readonly ILoggingAdapter _log;
    private readonly CutNames _names;
    private readonly PointDirectory _directory;
    private readonly Consistency _consistency;
    private BackupCut? _backup;
    private ICut? _cut;

    /// <param name="order">The item's.</param>
    /// <param name="services">The host's.</param>
    /// <param name="spec">The VM's.</param>
    /// <param name="machine">The VM's.</param>
    /// <param name="vm">The VM's own actor.</param>
    /// <param name="consistency">As the run and the fleet's file want it together.</param>
    /// <param name="log">The item's.</param>
    public BackupWork(
        StartItem order, VmServices services, VmSpec spec, IMachine machine, IActorRef vm, Consistency consistency,
        ILoggingAdapter log)
    {
        (_order, _services, _spec, _machine, _vm, _log) = (order, services, spec, machine, vm, log);
        (_options, _consistency) = (BackupOptions.Of(order.Options)!, consistency);
        _names = CutNames.For(order.Run, order.Item, order.Attempt);
        _directory = PointDirectory.For(
            _options.Target ?? services.Points, services.Drafts, spec.Id, order.DispatchedAt, _names.Hash);
    }

    /// <exception cref="CutException">The method is unknown here.</exception>
    private BackupCut Backup => _backup ??= BackupCut.For(_options, _services, _spec, _machine);

    private MachineKeeping Keeping => new(_directory, _services.TargetGroup, _services.Time);

    private ICut Cut => _cut ??= Backup.Make();

    // ---- before the window

    public async Task<StepEnded> CheckAsync(CancellationToken stopped)
    {
        var vm = await DescribeAsync(stopped);
        if (MachineObstacle.Of(_spec.Kind, vm.Machine) is { } obstacle)
            return new StepEnded(new BackupInput.Unfit(obstacle), new AttemptData { Vm = vm });
        (var fitness, vm) = await FreezeFitness.MeetAsync(_vm, _services, _spec, vm, _consistency);
        return new StepEnded(
            fitness.Stop is { } stop ? new BackupInput.Unfit(stop) : new BackupInput.Fit(fitness.Freezes),
            new AttemptData { Vm = vm, Fitness = fitness });
    }

    public async Task<StepEnded> PrepareAsync(AttemptData data, bool again, CancellationToken halted, CancellationToken stopped)
    {
        if (again) await Cut.UndoAsync(_names, _directory.Path, stopped);
        else await _spec.Kind.CutMethods.RecoverAsync(Backup.Job, () => _services.Unsettled(_spec.Id), halted);
        _directory.Create(_services.TargetGroup, Backup.Method.QemuWritesImages);
        var plan = await PlanAsync(halted);
        data = data with { Plan = plan };
        var (vm, fitness) = (data.Vm!, data.Fitness!);
        var os = vm.Guest.Inventory?.OsId;
        if (!again)
        {
            var (machine, states) = await Keeping.DescribeAsync(
                _spec.Kind.Name, _spec.Kind.Keeper, new(_spec.Address, _machine, plan.Disks, _services.Time));
            data = data with
            {
                Hooks = await GuestHooks.BeforeAsync(_vm, vm.Guest, fitness.Freezes),
                Draft = new PointDraft(
                    _names.Hash,
                    _directory.Path,
                    plan.Disks,
                    DiskCoverage.Of(plan, fitness.FileSystems, fitness.Mounts),
                    vm.Machine.Uuid,
                    os,
                    _services.Limits.For(os).Lease,
                    Facts: null,
                    Unfrozen: false,
                    Method: _options.Method,
                    Outside: DiskCoverage.Outside(plan),
                    Passwords: await PasswordsAsync(vm.Machine.Uuid),
                    Machine: machine,
                    States: states),
            };
        }
        data = data with { Draft = data.Draft! with { Disks = plan.Disks } };
        return new StepEnded(
            new BackupInput.Prepared(
                Slow: os == "mswindows" || vm.SlowFreeze,
                Covered: fitness.Freezes && data.Draft.Coverage is { IsWhole: true }),
            data);
    }

    /// <summary>A point is made without them, too.</summary>
    private async Task<IReadOnlyList<PointPassword>?> PasswordsAsync(string? uuid)
    {
        try
        {
            var accounts = await _services.Passwords.Escrow.OfVmAsync(AccountId.KeyOf(uuid, _spec.Id.Host, _spec.Id.Name));
            return accounts.Count == 0
                ? null
                : [.. from account in accounts
                      from one in AccountRules.Possible(account)
                      select new PointPassword(account.Id.User, one.Number)];
        }
        catch (StoreException e)
        {
            _log.Warning("{0}: its point will not name its passwords: {1}", _spec.Id.Name, e.Message);
            return null;
        }
    }

    /// <summary>Without a draft the attempt continues, and a crash's successor undoes it.</summary>
    /// <returns>With the draft as it is stored.</returns>
    public AttemptData Store(AttemptData data, BackupDraft stored)
    {
        var draft = data.DraftWith(stored);
        if (_directory.Write(draft) is { } fault)
            _log.Warning("{0}: a crash would undo this attempt, since its draft cannot be written: {1}", _spec.Id.Name, fault);
        return data with { Draft = draft };
    }

    // ---- the window

    public async Task<StepEnded> HoldMonitorAsync(AttemptData data)
    {
        _machine.Hold(true);
        await _machine.OpenAsync(Answer);
        return new StepEnded(new BackupInput.MonitorHeld(), data);
    }

    public void OpenWindow(AttemptData data, IActorRef item)
    {
        var (cut, plan) = (Cut, data.Plan!);
        var limits = _services.Limits.For(data.Vm!.Guest.Inventory?.OsId);
        _vm.Tell(
            new OpenWindow(
                new WindowOrder(
                    _names.Hash, limits.Timeout, limits.Lease, _order.Group is null ? WindowMode.Alone : WindowMode.Group),
                new ItemId(_order.Run, _order.Item, _order.Attempt),
                budget => cut.CutAsync(plan, budget)),
            item);
    }

    public void ReleaseMonitor() => _machine.Hold(false);

    public async Task<StepEnded> AskHooksAsync(AttemptData data, bool refused) => refused
        ? new StepEnded(new BackupInput.HooksAsked(await GuestHooks.RefusalAsync(_vm, data.Hooks)), data)
        : new StepEnded(
            new BackupInput.HooksAsked(Refusal: null),
            data with { Draft = data.Draft! with { Hooks = await GuestHooks.AfterAsync(_vm, data.Hooks) } });

    public async Task<StepEnded> CutUnfrozenAsync(AttemptData data)
    {
        if (await Cut.CutAsync(data.Plan!, Answer) is var outcome and not CutOutcome.Done)
            throw new CutException($"the disks could not be cut: {outcome}", "See the node's log; the VM's disks are as before");
        return new StepEnded(new BackupInput.DisksCut(), data);
    }

    // ---- behind the cut

    public async Task<StepEnded> CopyAsync(AttemptData data, Action<CopyProgress> progress, CancellationToken halted)
    {
        // As near to the cut as can be. The draft says so once the copies are whole: after a crash it is done anew.
        if (data.Draft is { Machine: { } machine, States: { Count: > 0 } states } draft)
            data = data with
            {
                Draft = draft with { Machine = await Keeping.ReadStatesAsync(machine, states), States = [] },
            };
        await Cut.FinishAsync(data.Draft!.Plan, progress, halted);
        return new StepEnded(new BackupInput.Copied(), data);
    }

    public async Task<StepEnded> VerifyAsync(AttemptData data, CancellationToken halted)
    {
        var draft = data.Draft!;
        var sums = await Task.Factory.StartNew<IReadOnlyList<ImageSum>>(
            () => [.. draft.Disks.Select(disk => ImageSum.Of(disk.Image, halted))],
            halted,
            TaskCreationOptions.DenyChildAttach,
            _services.Files);
        return new StepEnded(
            new BackupInput.Verified(draft.ToPoint(_spec.Id, _order.Run, _order.Group, _directory, sums)), data);
    }

    public StepEnded Publish(AttemptData data, RecoveryPoint point)
    {
        _directory.Publish(point);
        foreach (var missing in point.Machine?.Missing ?? [])
            _log.Warning(
                "{0}: its point {1} lacks a part of the machine ({2}): {3}. {4}",
                _spec.Id.Name, point.Id, missing.Part, missing.Reason, missing.Remedy);
        return new StepEnded(new BackupInput.Published(), data);
    }

    public async Task<StepEnded> CatalogAsync(AttemptData data, RecoveryPoint point)
    {
        await _services.Catalog(point);
        return new StepEnded(new BackupInput.Catalogued(), data);
    }

    // ---- after a crash

    public async Task<StepEnded> LookAsync(CancellationToken stopped)
    {
        var vm = await DescribeAsync(stopped);
        var (remains, draft) = await RemainsReader.ReadAsync(
            _directory, _names.Hash, _services.Host, _spec.Id.Name, Answer, stopped);
        return new StepEnded(
            new BackupInput.Found(remains, MachineObstacle.Of(_spec.Kind, vm.Machine)),
            new AttemptData { Vm = vm, Draft = draft });
    }

    public async Task<StepEnded> CheckCopiesAsync(AttemptData data, CancellationToken stopped) =>
        new(new BackupInput.CopiesChecked(await Cut.CanFinishAsync(data.Draft!.Plan, stopped)), data);

    // ---- back

    public async Task<StepEnded> UndoAsync(AttemptData data, CancellationToken stopped)
    {
        ReleaseMonitor();
        try
        {
            await RemoveAsync(data.Vm?.Machine.Process, stopped);
            return new StepEnded(new BackupInput.Undone(), data);
        }
        catch (CutException e)
        {
            return new StepEnded(new BackupInput.Undone(e.Message, e.Remedy), data);
        }
        catch (Exception e) when (!stopped.IsCancellationRequested)
        {
            var fault = Fault(e);
            return new StepEnded(new BackupInput.Undone(fault.Reason, fault.Remedy), data);
        }
    }

    /// <summary>What a step that has thrown means for the item.</summary>
    /// <param name="thrown">By the step.</param>
    /// <param name="halted">The step was cancelled, since the item was told to end: its outcome is known.</param>
    public BackupInput.StepFailed Failure(Exception thrown, bool halted) => thrown switch
    {
        _ when halted => new(ItemState.Cancelled, thrown.Message, null),
        CutException e => new(e.Unreachable ? ItemState.Unreachable : ItemState.Failed, e.Message, e.Remedy),
        // The VM's own actor is too busy to answer: another attempt may do better.
        NotDescribedException e => new(ItemState.Interrupted, $"a fault in qgad: {e.Message}", null),
        _ => Fault(thrown),
    };

    private async Task RemoveAsync(QemuProcess? qemu, CancellationToken stopped)
    {
        // An item that was stopped leaves everything as it is, and the socket to its successor.
        stopped.ThrowIfCancellationRequested();
        _directory.Withdraw();
        // What cut the window short may have been the monitor's own link, and QEMU copies on without us.
        for (var i = 0; i < Reconnects && await _machine.OpenAsync(Answer) is not MachineOpening.Ready; i++)
            await Task.Delay(BetweenReconnects, _services.Time, stopped);
        try
        {
            await Cut.UndoAsync(_names, _directory.Path, stopped);
        }
        catch (CutException e) when (e.Unreachable && qemu is not null && !_services.IsAlive(qemu))
        {
            // Its QEMU is gone, and with it jobs and nodes: only the files are left.
            TargetDirectory.Delete(_directory.Path);
        }
        _directory.Delete();
    }

    private async Task<CutPlan> PlanAsync(CancellationToken cancel)
    {
        await _services.Preparing.WaitAsync(cancel);
        try
        {
            return await Cut.PrepareAsync(
                _names, new CutTarget(_directory.Path, _options.Bandwidth) { Exclude = _services.Exclude(_spec.Id) }, cancel);
        }
        finally
        {
            _services.Preparing.Release();
        }
    }

    private async Task<VmDescribed> DescribeAsync(CancellationToken stopped)
    {
        try
        {
            return await _vm.Ask<VmDescribed>(new DescribeVm(), Answer, stopped);
        }
        catch (AskTimeoutException silent)
        {
            throw new NotDescribedException(silent);
        }
    }

    private sealed class NotDescribedException(Exception inner) : Exception(inner.Message, inner);

    private BackupInput.StepFailed Fault(Exception fault)
    {
        _log.Error(fault, "{0}: the backup failed by a fault of this program", _spec.Id.Name);
        return new(ItemState.Failed, $"a fault in qgad: {fault.Message}", "See the node's log, and report it");
    }
}
