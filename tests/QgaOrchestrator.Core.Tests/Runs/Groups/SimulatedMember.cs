using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Tests.Kinds.Backup;
using QgaOrchestrator.Core.Tests.Vms;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Runs.Groups;

/// <summary>A group's member, with the production rules of its backup and its window, on a guest that may freeze slowly, refuse,
/// or be cut slowly.</summary>
internal sealed class SimulatedMember(GroupSimulation world, Random random, int index)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly int _freezeMs = random.Next(12) == 0 ? random.Next(1_000, 9_000) : random.Next(1, 300);
    private readonly int _cutMs = random.Next(12) == 0 ? random.Next(1_000, 9_000) : random.Next(1, 100);
    private readonly bool _refuses = random.Next(15) == 0;
    private readonly bool _copyFails = random.Next(15) == 0;
    private readonly bool _covered = random.Next(4) > 0;
    private BackupState? _state;
    private WindowState? _window;
    private double _frozenBy;
    private int _armed;

    public int Index => index;
    public int Freezes { get; private set; }
    public bool FreezeRefused { get; private set; }
    public int Cuts { get; private set; }
    public bool CutWhileFrozen { get; private set; }
    public double? FrozenSince { get; private set; }
    public double? FrozenAt { get; private set; }
    public double? CutAt { get; private set; }
    public bool HasVerdict { get; private set; }
    public bool Published { get; private set; }
    public ItemOutcome? Outcome => (_state as BackupState.Ended)?.Outcome;
    public bool HasBegun => _state is not null;

    public void Begin()
    {
        if (_state is not null)
        {
            TellAgain();
            return;
        }
        (_state, var first) = BackupRules.Begin(
            new BackupOrder(index, 1, $"vm{index}", Consistency.Require, Grouped: true), resume: false);
        foreach (var effect in first) Perform(effect);
        Repeat();
    }

    public void Obey(GroupOrder order)
    {
        if (_state is not null) Handle(new BackupInput.Ordered(order));
    }

    private void Repeat() => world.At(1_000, "repeat", () =>
    {
        TellAgain();
        if (!world.IsEnded) Repeat();
    });

    private void TellAgain()
    {
        if (Outcome is { } outcome) world.ToGroup(new GroupInput.MemberEnded(outcome));
        else Handle(new BackupInput.Repeat());
    }

    // ---- its backup

    private void Handle(BackupInput input)
    {
        (_state, var effects) = BackupRules.Step(_state!, input);
        foreach (var effect in effects) Perform(effect);
    }

    private void After(double takes, BackupInput end) => world.At(takes, end.GetType().Name, () => Handle(end));

    private void Perform(BackupEffect effect)
    {
        switch (effect)
        {
            case BackupEffect.Check: After(1, new BackupInput.Fit(Freezes: true)); break;
            case BackupEffect.Prepare: After(random.Next(1, 500), new BackupInput.Prepared(_freezeMs > 200, _covered)); break;
            case BackupEffect.HoldMonitor: After(1, new BackupInput.MonitorHeld()); break;
            case BackupEffect.OpenWindow:
                (_window, var first) = WindowRules.Open(
                    new WindowOrder("w", Timeout, GroupSimulation.Lease, WindowMode.Group));
                foreach (var opening in first) Perform(opening);
                break;
            case BackupEffect.SteerWindow e: Step(e.Input); break;
            case BackupEffect.AskHooks: After(1, new BackupInput.HooksAsked(null)); break;
            case BackupEffect.StoreDraft e: HasVerdict = e.Draft.Verdict is not null; break;
            case BackupEffect.Copy:
                After(
                    random.Next(10, 3_000),
                    _copyFails
                        ? new BackupInput.StepFailed(ItemState.Failed, "copy failed", null)
                        : new BackupInput.Copied());
                break;
            case BackupEffect.Verify: After(1, new BackupInput.Verified(Backups.Point())); break;
            case BackupEffect.Publish:
                Published = true;
                After(1, new BackupInput.Published());
                break;
            case BackupEffect.Catalog: After(1, new BackupInput.Catalogued()); break;
            case BackupEffect.Undo:
                Published = false;
                After(random.Next(1, 200), new BackupInput.Undone());
                break;
            case BackupEffect.Report e: world.ToGroup(new GroupInput.Reported(index, world.ReportBug(e.Member))); break;
            case BackupEffect.End e:
                world.Tell($"vm{index} ends {e.Outcome.State} {e.Outcome.Reason}");
                world.ToGroup(new GroupInput.MemberEnded(e.Outcome));
                break;
        }
    }

    // ---- its window

    private void Step(WindowInput input)
    {
        if (_window is null) return;
        (_window, var effects) = WindowRules.Step(_window, input, Clock.At(world.Ms));
        foreach (var effect in world.WindowBug(effects)) Perform(effect);
    }

    private void Perform(WindowEffect effect)
    {
        switch (effect)
        {
            case WindowEffect.OpenLedger:
                world.At(1, "ledger", () => Step(new WindowInput.LedgerWritten()));
                break;
            case WindowEffect.Look:
                world.At(1, "look", () => Step(new WindowInput.LooksThawed()));
                break;
            case WindowEffect.Freeze:
                Freezes++;
                _frozenBy = world.Ms + _freezeMs;
                world.At(_freezeMs, "frozen", Freeze);
                break;
            case WindowEffect.Resync e:
                var inTime = _frozenBy - world.Ms < e.Budget.TotalMilliseconds;
                world.At(inTime ? Math.Max(1, _frozenBy - world.Ms + 1) : e.Budget.TotalMilliseconds, "resync", () =>
                    Step(new WindowInput.Resynced(inTime, null))
                );
                break;
            case WindowEffect.Cut:
                world.At(_cutMs / 2.0, "cut", () =>
                {
                    (Cuts, CutWhileFrozen, CutAt) = (Cuts + 1, FrozenSince is not null, world.Ms);
                    world.Tell($"vm{index} is cut");
                });
                world.At(_cutMs, "cut", () => Step(new WindowInput.CutDone()));
                break;
            case WindowEffect.Thaw:
                world.At(Math.Max(1, _frozenBy - world.Ms + 1), "thawed", () =>
                {
                    world.Tell($"vm{index} is thawed");
                    FrozenSince = null;
                    Step(new WindowInput.Settled(2, null, Clock.At(world.Ms)));
                });
                break;
            case WindowEffect.Arm e:
                Arm(e);
                break;
            case WindowEffect.Report e:
                Handle(new BackupInput.WindowMoved(e.Progress));
                break;
            case WindowEffect.Close:
                Handle(new BackupInput.WindowClosed(_window!.Record));
                break;
        }
    }

    private void Arm(WindowEffect.Arm arm)
    {
        var armed = ++_armed;
        if (arm.Limit is not { } limit) return;
        world.At((arm.At - Clock.At(world.Ms)).TotalMilliseconds, "limit", () =>
        {
            if (armed == _armed) Step(new WindowInput.LimitPassed(limit));
        });
    }

    private void Freeze()
    {
        if (_refuses)
        {
            FreezeRefused = true;
            Step(new WindowInput.FreezeRefused("hook failed", NotExecuted: false));
            return;
        }
        world.Tell($"vm{index} is frozen");
        (FrozenSince, FrozenAt) = (world.Ms, world.Ms);
        if (_window is WindowState.Freezing) Step(new WindowInput.FreezeReturned(2));
    }
}
