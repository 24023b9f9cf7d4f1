using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>
/// One VM's backup as BackupItem performs it: the steps in their order, each with the time that it takes. What follows from
/// a window, from a crash, and what a point may claim, the production rules say.
/// </summary>
internal sealed class SimulatedBackup(World world, SimulatedVm vm, SimulatedOrder order) : SimulatedWork(world, vm, order)
{
    private readonly Dictionary<GroupStep, GroupOrder> _said = [];
    private (GroupStep Step, Action<GroupOrder> Then)? _waits;
    private MemberReport? _last;
    private ItemOutcome? _halted;
    private bool _undoing;
    private bool _windowOpen;
    private bool _forward;

    public override bool GoesForward => _forward && !_undoing && _halted is null;

    private string Names => Order.Names;

    private bool IsGrouped => Order.Group is not null;

    private SimulatedDraft Draft
    {
        get => Vm.Drafts[Names];
        set => Vm.Drafts[Names] = value;
    }

    public override void Begin()
    {
        Report(new MemberReport(MemberPhase.Begun));
        if (IsGrouped) RepeatReport();
        if (!Vm.Guest.Up && !(Order.Resume && Vm.Points.ContainsKey(Names)))
        {
            var unreachable = Outcome(ItemState.Unreachable, "the monitor does not answer");
            if (Order.Resume) Undo(unreachable);
            else End(unreachable);
        }
        else if (Order.Resume) Later(Vm.Qemu.BusyFor, Look);
        else Prepare();
    }

    public override void Again()
    {
        if (_last is not null) Report(_last);
    }

    public override void Abort() => Halt(Outcome(ItemState.Cancelled, "the run was aborted"));

    public override void QemuGone()
    {
        if (!_windowOpen && !Vm.Points.ContainsKey(Names) && Vm.Drafts.GetValueOrDefault(Names) is not { Copied: true })
            Undo(Outcome(ItemState.Unreachable, "QEMU has ended"));
    }

    public override void Obey(GroupOrder said)
    {
        switch (said.Step)
        {
            case GroupStep.Void: Halt(said.Voided!); break;
            case GroupStep.Freeze: Steer(new WindowInput.FreezeNow()); break;
            case GroupStep.Cut: Steer(new WindowInput.CutNow(said.Hold)); break;
            case GroupStep.Thaw: Steer(new WindowInput.AllCut()); break;
        }
        if (
            !_said.TryAdd(said.Step, said)
            || _waits is not { } waits
            || waits.Step != said.Step
            || _undoing
            || _halted is not null
        )
            return;
        _waits = null;
        waits.Then(said);
    }

    // ---- prepare → window

    private void Prepare() => Go(World.Slow(10, 500, 5_000), () =>
    {
        _forward = true;
        if (!Vm.Guest.Up || World.OneIn(30))
        {
            Undo(Outcome(Vm.Guest.Up ? ItemState.Failed : ItemState.Unreachable, "its targets could not be made"));
            return;
        }
        Vm.Qemu.Prepare(Names);
        var covered = !World.OneIn(4);
        Draft = new SimulatedDraft(null, Unfrozen: false, Copied: false, covered, null);
        if (IsGrouped)
            Wait(
                new MemberReport(MemberPhase.Prepared, Slow: World.OneIn(5), Covered: covered), GroupStep.Reserve, _ => Window());
        else Window();
    });

    private void Window()
    {
        _windowOpen = true;
        if (
            !Vm.OpenWindow(
                FleetSimulation.WindowOf(Names, IsGrouped ? WindowMode.Group : WindowMode.Alone),
                Cut,
                Progressed,
                WindowEnded
            )
        )
            WindowFailed(Outcome(ItemState.Unreachable, "the channel is not ours"));
    }

    private void Progressed(WindowProgress progress)
    {
        if (IsAlive)
            Report(
                new MemberReport(
                    progress switch
                    {
                        WindowProgress.Reserved => MemberPhase.Reserved,
                        WindowProgress.Frozen => MemberPhase.Frozen,
                        _ => MemberPhase.Cut,
                    }
                )
            );
    }

    private void WindowEnded(SimulatedWindowEnd end)
    {
        if (!IsAlive || !_windowOpen) return;
        if (end.Record is not { } record)
        {
            _windowOpen = false;
            Undo(Outcome(ItemState.Unknown, "the guest may still be frozen"));
        }
        else if (BackupKind.Judge(record) is { } broken) WindowFailed(Outcome(ItemState.Failed, broken.Reason));
        else
        {
            _windowOpen = false;
            Draft = Draft with { Window = record };
            if (_halted is { } halted) Undo(halted);
            else Finish();
        }
    }

    private void WindowFailed(ItemOutcome failure)
    {
        _windowOpen = false;
        if (_halted is not null || IsGrouped || Order.Options.Backup!.Consistency == Consistency.Require)
        {
            Undo(_halted ?? failure);
            return;
        }
        // Preferred, not required: whatever the broken window cut is undone, and the running guest is cut.
        Go(Vm.Qemu.BusyFor, () =>
        {
            if (!Vm.Guest.Up)
            {
                Undo(Outcome(ItemState.Unreachable, "QEMU has ended"));
                return;
            }
            Vm.Qemu.Remove(Names);
            Vm.Qemu.Prepare(Names);
            Cut(told =>
            {
                if (!IsAlive || _undoing) return;
                if (told is not WindowInput.CutDone) Undo(Outcome(ItemState.Failed, "the disks could not be cut"));
                else
                {
                    Draft = Draft with { Unfrozen = true };
                    Finish();
                }
            });
        });
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

    // ---- copy → verify → catalog: the same after a window and after a crash behind one

    private void Finish()
    {
        _forward = true;
        if (!IsGrouped || Draft.Verdict is not null) Copy();
        else Wait(new MemberReport(MemberPhase.Closed), GroupStep.GoOn, said =>
        {
            Draft = Draft with { Verdict = said.Verdict };
            Copy();
        });
    }

    private void Copy()
    {
        Report(new MemberReport(MemberPhase.Copying, Verdict: Draft.Verdict));
        if (Draft.Copied) Verify();
        else Follow();
    }

    private void Follow() => Go(200, () =>
    {
        if (Vm.Qemu.Copied(Names) is not { } whole) Follow();
        else if (!whole) Undo(Outcome(ItemState.Failed, "the copy failed"));
        else
        {
            Vm.Qemu.Detach(Names);
            Go(World.Next(1, 50), () =>
            {
                Vm.Qemu.Dismiss(Names);
                Go(World.Next(1, 5), () =>
                {
                    Draft = Draft with { Copied = true };
                    Verify();
                });
            });
        }
    });

    private void Verify() => Go(World.Next(1, 300), () =>
    {
        if (IsGrouped) Wait(new MemberReport(MemberPhase.Verified, Verdict: Draft.Verdict), GroupStep.Publish, _ => Publish());
        else Publish();
    });

    private void Publish()
    {
        var draft = Draft;
        var kind = ProofRules.Classify(
            new ProofFacts(
                draft.Window,
                FleetSimulation.Lease,
                IsWindows: false,
                HooksReported: false,
                [draft.Covered ? DiskCover.Covered : DiskCover.Unknown],
                Contained: true,
                draft.Verdict?.Covered ?? true
            )
        );
        Vm.Points[Names] = kind;
        Vm.Drafts.Remove(Names);
        World.Tell($"{Vm.Id.Name}: the point of {Names} says {kind}");
        Vm.Fleet.CheckClaim(Vm, Names, draft.Unfrozen, kind);
        EndWell(draft.Verdict);
    }

    private void EndWell(GroupVerdict? verdict)
    {
        if (IsGrouped)
            Wait(new MemberReport(MemberPhase.Published, Verdict: verdict ?? new GroupVerdict(0, false)), GroupStep.End, _ =>
                End(Outcome(ItemState.Succeeded), Names)
            );
        else
            End(Outcome(ItemState.Succeeded), Names);
    }

    // ---- after a crash, and back

    private void Look()
    {
        if (_undoing || _halted is not null) return;
        var draft = Vm.Drafts.GetValueOrDefault(Names);
        var entry = Vm.Entry?.Window == Names ? Vm.Entry : null;
        var verdict = BackupLook.At(new BackupRemains(
            Vm.Points.ContainsKey(Names),
            draft is null ? null : new DraftRemains(draft.Window, draft.Unfrozen, draft.Copied),
            entry is null ? null : new EntryRemains(entry.Record, entry.By == "node")));
        World.Tell($"{Vm.Id.Name}: {Names} is looked at: {verdict.Next}");
        if (verdict.ByLedger) Draft = draft! with { Window = entry!.Record };
        switch (verdict.Next)
        {
            case BackupNext.End:
                EndWell(null);
                break;
            case BackupNext.GoOn:
            case BackupNext.GoOnIfCopying when Vm.Qemu.CanFinish(Names):
                Finish();
                break;
            case var _ when World.Bug == Planted.SuccessWithoutPoint:
                EndWell(null);
                break;
            case var _ when World.Bug == Planted.UndoSkippedAfterACrash:
                End(Outcome(ItemState.Interrupted, "the node ended inside this attempt"), Names);
                break;
            default:
                Undo(Outcome(ItemState.Interrupted, "the node ended inside this attempt"));
                break;
        }
    }

    /// <summary>Ends the item wherever it is; an open window is thawed first.</summary>
    private void Halt(ItemOutcome outcome)
    {
        _halted ??= outcome;
        if (_windowOpen) Steer(new WindowInput.ThawNow(_halted.Reason!));
        else Undo(_halted);
    }

    private void Undo(ItemOutcome outcome)
    {
        if (_undoing || !IsAlive) return;
        _undoing = true;
        if (_halted is null) Report(new MemberReport(MemberPhase.Begun, Failing: outcome));
        Vm.Points.Remove(Names);
        Later(Vm.Qemu.BusyFor + World.Next(1, 200), () =>
        {
            Vm.Qemu.Remove(Names);
            Vm.Drafts.Remove(Names);
            End(outcome, Names);
        });
    }

    // ---- the group's seat

    /// <summary>The next step, unless the item was told to end.</summary>
    private void Go(double after, Action act) => Later(after, () =>
    {
        if (!_undoing && _halted is null) act();
    });

    private void Steer(WindowInput input)
    {
        if (Vm.Window is { } window && window.Id == Names) window.Tell(input);
    }

    private void Wait(MemberReport report, GroupStep word, Action<GroupOrder> then)
    {
        Report(report);
        if (_said.TryGetValue(word, out var said)) then(said);
        else _waits = (word, then);
    }

    private void Report(MemberReport report)
    {
        if (!IsGrouped) return;
        _last = report;
        Vm.Fleet.Run(Order.Id.Run).Moved(Order.Id, report);
    }

    private void RepeatReport() => Later(1_000, () =>
    {
        Report(_last!);
        RepeatReport();
    });
}
