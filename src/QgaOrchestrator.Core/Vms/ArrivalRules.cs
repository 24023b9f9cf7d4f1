namespace QgaOrchestrator.Core.Vms;

/// <summary>
/// A guest that came in by migration brings its freeze along, and nobody who froze it elsewhere can reach it here. So each host
/// asks such a guest as soon as it runs, and thaws it alone: at once where the directory on this node knows the freeze as ours,
/// and where nobody knows whose it is, when the lease of this host has passed. It waits for no other machine. A freeze that a
/// host has told of as another program's is that program's to end.
/// </summary>
public static class ArrivalRules
{
    /// <summary>Pause before a guest or the directory is asked again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private const string ByOurs = "the guest came here frozen by a window of ours on the host that it left";

    private const string ByLease = "the guest came here frozen, and nobody said within the lease who froze it";

    /// <param name="lease">How long a guest stays frozen whose freeze nobody knows.</param>
    public static (ArrivalState State, IReadOnlyList<ArrivalEffect> Effects) Step(
        ArrivalState state, ArrivalInput input, TimeSpan lease, Moment now) => (state, input) switch
        {
            (_, ArrivalInput.Looked { RunState: QemuStates.Waits or QemuStates.Left }) when state is not ArrivalState.Thawing =>
                (new ArrivalState.Elsewhere(), state.IsOpen ? [new ArrivalEffect.Release()] : []),
            (ArrivalState.Elsewhere, ArrivalInput.Looked { RunState: "running" }) => Ask(0),
            (ArrivalState.Settled, ArrivalInput.Looked { CameIn: true, RunState: not null }) => Ask(0),
            (ArrivalState.Elsewhere or ArrivalState.Left, ArrivalInput.Ended) => (new ArrivalState.Settled(), []),
            (ArrivalState.Asking or ArrivalState.Frozen, ArrivalInput.Ended) =>
                (new ArrivalState.Settled(), [new ArrivalEffect.Release()]),

            (ArrivalState.Asking, ArrivalInput.Answered { Frozen: true }) =>
                (new ArrivalState.Frozen(now), [new ArrivalEffect.AskDirectory(), new ArrivalEffect.LookAgain(Pause)]),
            (ArrivalState.Asking or ArrivalState.Frozen, ArrivalInput.Answered { Frozen: false }) =>
                (new ArrivalState.Settled(), [new ArrivalEffect.Release()]),
            (ArrivalState.Asking s, ArrivalInput.Answered) => (
                s with { Failures = s.Failures + 1 },
                s.Failures + 1 == ArrivalState.Asking.Patience
                    ? [new ArrivalEffect.LookAgain(PauseAfter(s.Failures)), new ArrivalEffect.Release()]
                    : [new ArrivalEffect.LookAgain(PauseAfter(s.Failures))]),
            (ArrivalState.Asking s, ArrivalInput.Due) => Ask(s.Failures),

            (ArrivalState.Frozen, ArrivalInput.Word { Of: FreezeWord.Ours }) => Thaw(ByOurs),
            (ArrivalState.Frozen, ArrivalInput.Word { Of: FreezeWord.Others }) =>
                (new ArrivalState.Left(), [new ArrivalEffect.Release()]),
            (ArrivalState.Frozen s, ArrivalInput.Due) => now - s.Since >= lease
                ? Thaw(ByLease)
                : (s, [new ArrivalEffect.AskDirectory(), new ArrivalEffect.LookAgain(Pause)]),

            (ArrivalState.Thawing, ArrivalInput.Thawed) => (new ArrivalState.Settled(), [new ArrivalEffect.Release()]),
            _ => (state, []),
        };

    private static (ArrivalState, IReadOnlyList<ArrivalEffect>) Ask(int failures) =>
        (new ArrivalState.Asking(failures), [new ArrivalEffect.AskGuest()]);

    private static (ArrivalState, IReadOnlyList<ArrivalEffect>) Thaw(string reason) =>
        (new ArrivalState.Thawing(), [new ArrivalEffect.Thaw(reason)]);

    private static TimeSpan PauseAfter(int failures) =>
        failures < 8 && Pause * (1 << failures) is var pause && pause < LongestPause ? pause : LongestPause;
}
