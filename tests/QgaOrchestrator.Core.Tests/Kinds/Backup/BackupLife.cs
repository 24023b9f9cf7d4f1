using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Tests.Vms;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Kinds.Backup;

/// <summary>A backup under test: inputs and effects by short names.</summary>
internal sealed class BackupLife
{
    private static readonly WindowRecord Good = new()
    {
        FreezeSent = Clock.At(0),
        FrozenAt = Clock.At(10),
        Frozen = 2,
        CutAt = Clock.At(20),
        ThawSent = Clock.At(21),
        ThawedAt = Clock.At(30),
        Thawed = 2,
    };

    private static readonly BackupDraft Held = BackupDraft.Prepared with { Window = Good };

    private static readonly Finding Obstacle = new(Severity.Unreachable, "the monitor does not answer", "Look");

    public static readonly Dictionary<string, BackupInput> Inputs = new()
    {
        ["unfit"] = new BackupInput.Unfit(new Finding(Severity.Blocking, "it is paused", "Resume it")),
        ["fit"] = new BackupInput.Fit(Freezes: true),
        ["unfrozen"] = new BackupInput.Fit(Freezes: false),
        ["prepared"] = new BackupInput.Prepared(Slow: false, Covered: true),
        ["held"] = new BackupInput.MonitorHeld(),
        ["reserved"] = new BackupInput.WindowMoved(WindowProgress.Reserved),
        ["frozen"] = new BackupInput.WindowMoved(WindowProgress.Frozen),
        ["cut"] = new BackupInput.WindowMoved(WindowProgress.Cut),
        ["held-well"] = new BackupInput.WindowClosed(Good),
        ["broken"] = new BackupInput.WindowClosed(Good with { Broken = "the lease ended" }),
        ["freeze-refused"] = new BackupInput.WindowClosed(
            new WindowRecord { FreezeSent = Clock.At(0), FreezeRefused = true, Broken = "hook failed" }),
        ["refused"] = new BackupInput.WindowRefused("the agent is absent"),
        ["unsettled"] = new BackupInput.WindowUnsettled("it is silent"),
        ["hooks"] = new BackupInput.HooksAsked(null),
        ["cut-unfrozen"] = new BackupInput.DisksCut(),
        ["copied"] = new BackupInput.Copied(),
        ["verified"] = new BackupInput.Verified(Backups.Point()),
        ["published"] = new BackupInput.Published(),
        ["catalogued"] = new BackupInput.Catalogued(),
        ["failed"] = new BackupInput.StepFailed(ItemState.Failed, "it failed", "Mend it"),
        ["undone"] = new BackupInput.Undone(),
        ["not-undone"] = new BackupInput.Undone("a job is left", "Cancel it"),
        ["reserve"] = Order(GroupStep.Reserve),
        ["freeze"] = Order(GroupStep.Freeze),
        ["cut-now"] = Order(GroupStep.Cut),
        ["thaw"] = Order(GroupStep.Thaw),
        ["go-on"] = new BackupInput.Ordered(new GroupOrder(GroupStep.Copy, Verdict: new GroupVerdict(1.5, Covered: true))),
        ["publish"] = Order(GroupStep.Publish),
        ["end"] = Order(GroupStep.End),
        ["void"] = new BackupInput.Ordered(
            new GroupOrder(GroupStep.Void, Voided: ItemOutcome.Interrupted(3, 2, "its group is void"))),
        ["abort"] = new BackupInput.Aborted(),
        ["repeat"] = new BackupInput.Repeat(),
        ["nothing-found"] = new BackupInput.Found(new(null, null, null), null),
        ["obstacle"] = new BackupInput.Found(new(null, Held, null), Obstacle),
        ["finished"] = new BackupInput.Found(new(Backups.Point(), null, null), null),
        ["finished-unreached"] = new BackupInput.Found(new(Backups.Point(), null, null), Obstacle),
        ["held-well-found"] = new BackupInput.Found(new(null, Held, null), null),
        ["copied-found"] = new BackupInput.Found(new(null, Held with { Copied = true }, null), null),
        ["copies-known"] = new BackupInput.CopiesChecked(Known: true),
        ["copies-lost"] = new BackupInput.CopiesChecked(Known: false),
    };

    private BackupState _state;

    public BackupLife(Consistency consistency, bool grouped, bool resume = false)
    {
        (_state, var first) = BackupRules.Begin(new BackupOrder(3, 2, "vm1", consistency, grouped), resume);
        First = [.. first.Select(Name)];
    }

    public IReadOnlyList<string> First { get; }

    public ItemOutcome? Ended => (_state as BackupState.Ended)?.Outcome;

    public IReadOnlyList<string> Play(string inputs)
    {
        var effects = new List<string>();
        foreach (var input in inputs.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            (_state, var next) = BackupRules.Step(_state, Inputs[input]);
            effects.AddRange(next.Select(Name));
        }
        return effects;
    }

    /// <summary>Every state that any sequence of inputs leads to.</summary>
    public static IReadOnlyCollection<BackupState> Everywhere()
    {
        var seen = new HashSet<BackupState>();
        var todo = new Queue<BackupState>(
            from consistency in new[] { Consistency.Require, Consistency.Prefer }
            from grouped in new[] { false, true }
            from resume in new[] { false, true }
            select BackupRules.Begin(new BackupOrder(3, 2, "vm1", consistency, grouped), resume).State);
        while (todo.TryDequeue(out var state))
            if (seen.Add(state))
                foreach (var input in Inputs.Values) todo.Enqueue(BackupRules.Step(state, input).State);
        return seen;
    }

    private static BackupInput.Ordered Order(GroupStep step) => new(new GroupOrder(step));

    private static string Name(BackupEffect effect) => effect switch
    {
        BackupEffect.Prepare { Again: true } => "Prepare:again",
        BackupEffect.AskHooks { Refused: true } => "AskHooks:why",
        BackupEffect.StoreDraft { Draft: var draft } => string.Join(':', new[] { "Store", Said(draft) }.Where(s => s != "")),
        BackupEffect.SteerWindow { Input: var input } => $"Steer:{input.GetType().Name}",
        BackupEffect.Report { Member: var member } => $"Report:{member.Phase}{(member.Failing is null ? "" : ",failing")}",
        BackupEffect.Show { Step: var step } => $"Show:{step.Name}",
        BackupEffect.End { Outcome: var outcome } => $"End:{outcome.State}",
        _ => effect.GetType().Name,
    };

    private static string Said(BackupDraft draft) => string.Join(',', new[]
    {
        draft.Window is null ? "" : "window",
        draft.Unfrozen ? "unfrozen" : "",
        draft.Copied ? "copied" : "",
        draft.Verdict is null ? "" : "verdict",
    }.Where(word => word != ""));
}
