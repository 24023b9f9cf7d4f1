using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>One VM's backup: the production rules, performed on a simulated QEMU, guest and disk. Each step takes its time, and
/// may fail. What must hold whenever an effect is performed is checked here.</summary>
internal sealed class SimulatedBackup : SimulatedWork
{
    private BackupState _state;
    private IReadOnlyList<BackupEffect> _first;
    private bool _cancelled;
    private bool _covered;
    private bool _verified;
    private bool _windowOpen;
    private bool _unsettled;

    public SimulatedBackup(World world, SimulatedVm vm, SimulatedOrder order) : base(world, vm, order) =>
        (_state, _first) = BackupRules.Begin(
            new BackupOrder(
                order.Id.Item,
                order.Id.Attempt,
                vm.Id.Name,
                BackupOptions.Of(order.Options)!.Consistency,
                order.Group is not null),
            order.Resume);

    public override bool GoesForward => _state is
        BackupState.Prepared
        or BackupState.HoldingMonitor
        or BackupState.InWindow { Halted: null }
        or BackupState.AskingHooks
        or BackupState.CuttingUnfrozen
        or BackupState.Closed
        or BackupState.Copying
        or BackupState.Verifying
        or BackupState.Verified;

    private string Names => Order.Names;

    private SimulatedDraft Draft => Vm.Drafts[Names];

    public override void Begin()
    {
        if (Order.Group is not null) RepeatReport();
        foreach (var effect in _first) Perform(effect);
    }

    public override void Again() => Handle(new BackupInput.Repeat());

    public override void Abort() => Handle(new BackupInput.Aborted());

    public override void Obey(GroupOrder said) => Handle(new BackupInput.Ordered(said));

    private void Handle(BackupInput input)
    {
        if (!IsAlive) return;
        (_state, var effects) = WorkflowBugs.Step(World.Bug, _state, input);
        foreach (var effect in effects) Perform(effect);
    }

    private void Perform(BackupEffect effect)
    {
        switch (effect)
        {
            case BackupEffect.Check: After(1, Check); break;
            case BackupEffect.Look: After(Vm.Qemu.BusyFor, Look); break;
            case BackupEffect.CheckCopies:
                After(Vm.Qemu.BusyFor, () => new BackupInput.CopiesChecked(Vm.Qemu.CanFinish(Names)));
                break;
            case BackupEffect.Prepare e: Prepare(e.Again); break;
            case BackupEffect.HoldMonitor: After(1, () => new BackupInput.MonitorHeld()); break;
            case BackupEffect.OpenWindow: OpenWindow(); break;
            case BackupEffect.AskHooks: After(World.Next(1, 50), () => new BackupInput.HooksAsked(null)); break;
            case BackupEffect.CutUnfrozen: CutUnfrozen(); break;
            case BackupEffect.Copy: BeginCopy(); break;
            case BackupEffect.Verify when World.Bug == Planted.PublishedBeforeVerified: After(0, MakePoint); break;
            case BackupEffect.Verify: After(World.Next(1, 300), Verify); break;
            case BackupEffect.Publish e: Publish(e.Point); break;
            case BackupEffect.Catalog: After(World.Next(1, 20), () => new BackupInput.Catalogued()); break;
            case BackupEffect.Undo: After(Vm.Qemu.BusyFor + World.Next(1, 200), Undo); break;

            case BackupEffect.CancelStep: _cancelled = true; break;
            case BackupEffect.StoreDraft e: Vm.Drafts[Names] = new SimulatedDraft(e.Draft, _covered); break;
            case BackupEffect.SteerWindow e: Steer(e.Input); break;
            case BackupEffect.Report e: Vm.Fleet.Run(Order.Id.Run).Moved(Order.Id, e.Member); break;
            case BackupEffect.End e: End(e.Outcome); break;
        }
    }

    private void After(double takes, Func<BackupInput> ends) => Later(takes, () => Handle(ends()));

    private static BackupInput.StepFailed Failed(ItemState state, string reason) => new(state, reason, null);

    private static BackupInput.StepFailed Gone() => Failed(ItemState.Unreachable, "QEMU has ended");

    // ---- before the window

    private BackupInput Check() => Vm.Guest.Up
        ? new BackupInput.Fit(Freezes: true)
        : new BackupInput.Unfit(new Finding(Severity.Unreachable, "the monitor does not answer", ""));

    private void Prepare(bool again)
    {
        var process = Vm.Qemu.Process;
        After(again ? Vm.Qemu.BusyFor : World.Slow(10, 500, 5_000), () =>
        {
            if (!Vm.Guest.Up || process != Vm.Qemu.Process) return Gone();
            if (!again && World.OneIn(30)) return Failed(ItemState.Failed, "its targets could not be made");
            if (again) Vm.Qemu.Remove(Names);
            Vm.Qemu.Prepare(Names);
            _covered = !World.OneIn(4);
            return new BackupInput.Prepared(Slow: World.OneIn(5), _covered);
        });
    }

    // ---- the window

    private void OpenWindow()
    {
        _windowOpen = Vm.OpenWindow(
            FleetSimulation.WindowOf(Names, Order.Group is null ? WindowMode.Alone : WindowMode.Group),
            Cut,
            progress => Handle(new BackupInput.WindowMoved(progress)),
            WindowEnded);
        if (!_windowOpen) After(1, () => new BackupInput.WindowRefused("the channel is not ours"));
    }

    private void WindowEnded(SimulatedWindowEnd end)
    {
        _unsettled |= end.Record is null && _windowOpen;
        _windowOpen = false;
        Handle(
            end.Record is { } record
                ? new BackupInput.WindowClosed(record)
                : new BackupInput.WindowUnsettled("it does not answer"));
    }

    private void Steer(WindowInput input)
    {
        if (Vm.Window is { } window && window.Id == Names) window.Tell(input);
    }

    private void CutUnfrozen()
    {
        if (BackupOptions.Of(Order.Options)!.Consistency == Consistency.Require)
            World.Break($"{Names} is cut unfrozen, and its consistency is require");
        Cut(told => Handle(
            told is WindowInput.CutDone
                ? new BackupInput.DisksCut()
                : Failed(ItemState.Failed, "the disks could not be cut")));
    }

    private void Cut(Action<WindowInput> tell)
    {
        var takes = World.Slow(1, 100, 9_000);
        var (refused, arrives, made, guest, seen) = (World.OneIn(25), World.OneIn(2), false, Vm.Guest, Vm.Cuts);
        var copies = World.Slow(50, 3_000, 30_000);
        var fails = World.OneIn(30);
        var process = Vm.Qemu.Process;
        Vm.Qemu.BusyUntil = World.Ms + takes;
        World.At(takes / 2, () =>
        {
            // A transaction that was sent is executed, whatever becomes of who sent it; or it was lost with its socket.
            if (refused || !guest.Up || process != Vm.Qemu.Process || !(IsAlive || arrives)) return;
            made = Vm.Qemu.Cut(Names, copies, fails);
            if (!made) return;
            World.Tell($"{Vm.Id.Name}: the disks are cut for {Names}");
            if (!seen.TryGetValue(Names, out var cuts)) seen[Names] = cuts = [];
            cuts.Add(new SeenCut(World.Ms, guest.IsWhollyFrozen, guest.Freezes));
        });
        World.At(takes, () => tell(made ? new WindowInput.CutDone() : new WindowInput.CutFailed("QEMU did not cut")));
    }

    // ---- behind the cut

    private void BeginCopy()
    {
        if (Vm.Drafts.GetValueOrDefault(Names) is not { } draft || draft.Stored is { Window: null, Unfrozen: false })
            World.Break($"{Names} is copied, and its cut is not stored");
        else if (Order.Group is not null && draft.Stored.Verdict is null)
            World.Break($"{Names} is copied, and its group's verdict is not stored");
        Follow();
    }

    private void Follow() => Later(200, () =>
    {
        if (_cancelled) Handle(Failed(ItemState.Cancelled, "cancelled"));
        else if (Vm.Qemu.Copied(Names) is not { } whole) Follow();
        else if (!whole) Handle(Failed(ItemState.Failed, "the copy failed"));
        else
        {
            Vm.Qemu.Detach(Names);
            Later(World.Next(1, 50), () =>
            {
                Vm.Qemu.Dismiss(Names);
                After(World.Next(1, 5), () => new BackupInput.Copied());
            });
        }
    });

    private BackupInput Verify()
    {
        _verified = true;
        return MakePoint();
    }

    private BackupInput MakePoint()
    {
        var kind = ProofRules.Classify(
            new ProofFacts(
                Draft.Stored.Window,
                FleetSimulation.Lease,
                IsWindows: false,
                HooksReported: false,
                [Draft.Covered ? DiskCover.Covered : DiskCover.Unknown],
                Contained: true,
                Draft.Stored.Verdict?.Covered ?? true
            )
        );
        return new BackupInput.Verified(SimulatedPoint.Of(Vm, Order, kind, Draft.Stored));
    }

    private void Publish(RecoveryPoint point)
    {
        if (!_verified && !Vm.Points.ContainsKey(Names)) World.Break($"the point of {Names} is published before it is verified");
        if (!Vm.Points.ContainsKey(Names))
        {
            Vm.Fleet.CheckClaim(Vm, Names, Draft.Stored.Unfrozen, SimulatedPoint.ClassOf(point));
            World.Tell($"{Vm.Id.Name}: the point of {Names} says {point.Class}");
        }
        Vm.Points[Names] = point;
        Vm.Drafts.Remove(Names);
        After(World.Next(1, 20), () => new BackupInput.Published());
    }

    // ---- after a crash, and back

    private BackupInput Look()
    {
        var entry = Vm.Entry?.Window == Names ? Vm.Entry : null;
        var remains = new AttemptRemains(
            Vm.Points.GetValueOrDefault(Names),
            Vm.Drafts.GetValueOrDefault(Names)?.Stored,
            entry is null ? null : new EntryRemains(entry.Record, entry.By == "node"));
        World.Tell($"{Vm.Id.Name}: {Names} is looked at: {BackupRecovery.Decide(remains).GetType().Name}");
        return new BackupInput.Found(
            remains, Vm.Guest.Up ? null : new Finding(Severity.Unreachable, "the monitor does not answer", ""));
    }

    private BackupInput Undo()
    {
        Vm.Points.Remove(Names);
        Vm.Qemu.Remove(Names);
        Vm.Drafts.Remove(Names);
        return new BackupInput.Undone();
    }

    private void End(ItemOutcome outcome)
    {
        if (_unsettled && outcome.State != ItemState.Unknown)
            World.Break($"{Names} ends {outcome.State}, and its guest was not seen thawed");
        if (_windowOpen) World.Break($"{Names} ends {outcome.State}, and its window is open");
        End(outcome, Names);
    }

    private void RepeatReport() => Later(1_000, () =>
    {
        Handle(new BackupInput.Repeat());
        RepeatReport();
    });
}
