using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.PasswordReset;

namespace QgaOrchestrator.Actors.Kinds.PasswordReset;

/// <summary>One account of one VM: <see cref="ResetRules"/> says what is next, <see cref="ResetWork"/> does it.</summary>
internal sealed class ResetItem(ItemPlace place) : ItemWork(place.Order, place.Services, ResetKind.Look.Name)
{
    protected override async Task<ItemOutcome> RunAsync(CancellationToken aborted, CancellationToken stopped)
    {
        var options = ResetOptions.Of(Order.Options) ?? throw new ArgumentException("the run's options hold no account");
        using var work = new ResetWork(place, options);
        var state = new ResetState(options, work.Lease);
        ResetInput input = new ResetInput.Begin();
        while (true)
        {
            if (aborted.IsCancellationRequested) (state, _) = ResetRules.Step(state, new ResetInput.Aborted());
            (state, var effect) = ResetRules.Step(state, input);
            if (effect is ResetEffect.End { How: var end }) return Ended(state, end);
            stopped.ThrowIfCancellationRequested();
            Move(StepOf(state));
            input = await work.DoAsync(effect!, stopped);
        }
    }

    private static string StepOf(ResetState state) => state switch
    {
        { Phase: ResetPhase.Making } => ResetKind.Escrow.Name,
        { Phase: ResetPhase.Sending } or { Phase: ResetPhase.Recording, End: null } => ResetKind.Apply.Name,
        { Phase: ResetPhase.Recording, End.State: ItemState.Succeeded } => ResetKind.Promote.Name,
        { MayHaveSent: true } => ResetKind.Verify.Name,
        _ => ResetKind.Look.Name,
    };

    private ItemOutcome Ended(ResetState state, ResetEnd end)
    {
        var outcome = Outcome(end.State, end.Reason, end.Remedy);
        outcome.Values = new ResetValues(end.Generation, end.Evidence, Scheme(state)).ToOwn();
        return outcome;
    }

    /// <summary>Of the hash that was sent.</summary>
    private static string? Scheme(ResetState state) =>
        state.Generation?.Hash is { } hash && hash.IndexOf('$', 1) is var end and > 0 ? hash[..(end + 1)] : null;
}
