using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Kinds.PasswordReset;

/// <summary>
/// What a password's reset does next: lease, look, escrow, apply, verify, promote. Nothing is sent that is not durable in the
/// escrow; a refusal and a lost reply prove nothing, so the guest is looked at; a candidate is void only where it was never
/// sent, and is retired where it was refused and all that was sent of it was answered. One effect is under way at a time; an
/// input that the phase does not wait for is late, and is ignored.
/// </summary>
public static class ResetRules
{
    /// <summary>A guest's policy may refuse a random password; more than this it refuses all.</summary>
    public const int MostCandidates = 3;

    /// <summary>With pauses that double from a second to half a minute, about a minute.</summary>
    public const int MostTries = 6;

    /// <summary>A sending that is not answered takes its whole time-out.</summary>
    public const int MostSendings = 3;

    private static readonly TimeSpan MakeWay = TimeSpan.FromSeconds(2), FirstPause = TimeSpan.FromSeconds(1), LongestPause =
        TimeSpan.FromSeconds(30);

    public static (ResetState State, ResetEffect? Effect) Step(ResetState state, ResetInput input) => (state.Phase, input) switch
    {
        (_, ResetInput.Aborted) => (state with { Aborted = true }, null),
        (ResetPhase.Leasing, ResetInput.Begin) => (state, new ResetEffect.Lease()),
        (ResetPhase.Leasing, ResetInput.Leased i) => AfterLease(state with { Account = i.Account }),
        (ResetPhase.Leasing, ResetInput.HeldBy i) => (
            state with
            {
                Phase = ResetPhase.MakingWay,
                End = new ResetEnd(ItemState.Interrupted, $"run {i.Run} works on this account"),
            },
            new ResetEffect.Pause(MakeWay)),
        (ResetPhase.Leasing, ResetInput.NotSent i) => End(state, new ResetEnd(ItemState.Unreachable, i.Reason, i.Remedy)),
        (ResetPhase.Leasing, ResetInput.Failed i) => End(state, new ResetEnd(ItemState.Failed, i.Reason, i.Remedy)),
        (ResetPhase.MakingWay, ResetInput.Paused) => End(state, state.End!),
        (ResetPhase.Looking, ResetInput.Looked i) => AfterLook(state, i.Look),
        (ResetPhase.Making, ResetInput.Made i) => Send(
            state with
            {
                Account = i.Account,
                Target = i.Account.Latest,
                HasClear = true,
                Answer = SendAnswer.None,
                MayArrive = false,
                WasInForce = false,
                Sendings = 0,
            }),
        // An actor before this one was still at work: what it made may have been sent.
        (ResetPhase.Making, ResetInput.Leased i) => AfterLease(
            state with { Account = i.Account, Target = null, HasClear = false }),
        (ResetPhase.Making, ResetInput.Failed i) => Finish(state, new ResetEnd(ItemState.Failed, i.Reason, i.Remedy)),
        (ResetPhase.Sending, ResetInput.Sent i) => AfterSending(state, i.Answer),
        (ResetPhase.Sending, ResetInput.NotSent { Passing: true } i) => TryAgain(state, i.Reason, i.Remedy),
        (ResetPhase.Sending, ResetInput.NotSent i) => GiveUp(state, ItemState.Failed, i.Reason, i.Remedy),
        (ResetPhase.TestingLogin, ResetInput.LoginTested i) => AfterLogin(state, i.Result),
        (ResetPhase.Recording, ResetInput.Recorded i) => AfterRecording(state with { Account = i.Account, Recording = [] }),
        (ResetPhase.Recording, ResetInput.Failed i) => NotRecorded(state, i),
        (ResetPhase.Waiting, ResetInput.Paused) when state.Recording.Count > 0 => Record(state),
        (ResetPhase.Waiting, ResetInput.Paused) => Look(state),
        _ => (state, null),
    };

    // ---- before anything is made

    private static (ResetState, ResetEffect?) AfterLease(ResetState state)
    {
        var (account, lease) = (state.Account!, state.Lease);
        var mine = account.Generations.FindLast(made =>
            (made.Run, made.Item) == (lease.Run, lease.Item) && (made.Verified is not null || made.IsOpen));
        if (state.Options.Mode == ResetMode.Reapply)
        {
            return account.Current switch
            {
                null => Finish(state, new ResetEnd(
                    ItemState.Failed,
                    "the escrow has no current password of this account",
                    "Make one: qgactl password reset without --mode reapply")),
                { Hash: null } => Finish(state, new ResetEnd(
                    ItemState.Failed,
                    "the current password was sent in clear, and the node cannot read it",
                    "Make a new one: qgactl password reset without --mode reapply")),
                { Number: var number } => Look(state with { Target = number }),
            };
        }
        return mine switch
        {
            // It was promoted, and its run has not heard of it.
            { Verified: not null, Number: var number, Evidence: var evidence } => Finish(
                state, new ResetEnd(ItemState.Succeeded) { Generation = number, Evidence = evidence }),
            // An earlier process, or an earlier attempt, may have sent it.
            { IsOpen: true, Number: var number } => Look(state with { Target = number, MayArrive = true }),
            _ => Look(state),
        };
    }

    private static (ResetState, ResetEffect?) AfterLook(ResetState state, EntryLook look) => look switch
    {
        EntryLook.NotHeard heard => TryAgain(state, heard.Why, heard.Remedy),
        EntryLook.Found found => Seeing(state with { Seen = look }, found.Entry),
        EntryLook.Impossible => Blind(state with { Seen = look }),
        _ => Refuse(state with { Seen = look }),
    };

    private static (ResetState, ResetEffect?) Refuse(ResetState state)
    {
        var found = ResetRefusals.Of(state.Seen!, state.Options);
        return Finish(state, new ResetEnd(
            ItemState.Failed,
            string.Join("; ", found.Select(one => one.Reason)),
            string.Join(". ", found.Select(one => one.Remedy))));
    }

    /// <summary>Nothing is made yet.</summary>
    private static (ResetState, ResetEffect?) Begin(ResetState state, string? fingerprint) =>
        ResetRefusals.Of(state.Seen!, state.Options).Count > 0 ? Refuse(state)
        : state.Aborted ? Finish(state, new ResetEnd(ItemState.Cancelled, ItemOutcome.RunAborted))
        : state.Target is null ? Make(state, fingerprint)
        : Send(state);

    private static (ResetState, ResetEffect?) Make(ResetState state, string? before)
    {
        if (state.Sent >= MostCandidates)
            return Finish(state, new ResetEnd(
                ItemState.Failed,
                $"{MostCandidates} passwords were sent, and none of them could be proved to be in force",
                "See which are kept with qgactl password history, look at the guest's password policy, then retry the run"));
        var scheme = (state.Seen as EntryLook.Found)?.Entry.Scheme;
        return (
            state with { Phase = ResetPhase.Making },
            new ResetEffect.Make(
                state.Account!.Latest + 1,
                state.IsCrypted ? CryptSchemes.For(scheme) : null,
                before));
    }

    // ---- what a look says

    private static (ResetState, ResetEffect?) Seeing(ResetState state, GuestEntry entry)
    {
        var seen = entry.Fingerprint;
        return state.Generation switch
        {
            null => Begin(state, seen),
            { Fingerprint: { } expected } when expected == seen => InForce(state, entry),
            // Of one that was sent in clear nobody knows what the entry becomes: a change is taken for it, and then tested.
            { Fingerprint: null, Before: { } before } when before != seen && state.MayHaveSent => InForce(state, entry),
            _ when state.Options.Mode == ResetMode.Reapply && !state.MayHaveSent => Begin(state, seen),
            { Before: { } before } when before != seen && state.Options.Mode == ResetMode.Rotate => Foreign(state, seen),
            _ => NotInForce(state, seen),
        };
    }

    private static (ResetState, ResetEffect?) InForce(ResetState state, GuestEntry entry)
    {
        state = state with { WasInForce = true };
        var (target, byHash) = (state.Target!.Value, state.Generation!.Hash is not null);
        var applied = new EscrowChange.Applied(target, entry.Fingerprint);
        var byLogin = state.Options.Mode == ResetMode.Rotate
            && (state.Options.Verify == ResetProof.Login || (state.Options.Verify == ResetProof.Hash && !byHash));
        if (!byLogin) return Promote(state, byHash ? Evidence.Hash : Evidence.Acknowledged, entry.Fingerprint);
        if (!entry.CanTestLogin)
            return state.Options.AcceptUnverified
                ? Promote(state, byHash ? Evidence.Hash : Evidence.Acknowledged, entry.Fingerprint)
                : Finish(state, NotProved("it can no longer test a login"), applied);
        return state.HasClear
            ? (state with { Phase = ResetPhase.TestingLogin }, new ResetEffect.TestLogin(target))
            // It is in force, and this process cannot read it: a login is tested with a new one.
            : Make(state, entry.Fingerprint);
    }

    private static (ResetState, ResetEffect?) NotInForce(ResetState state, string seen)
    {
        var refused = new EscrowChange.Refused(state.Target!.Value);
        switch (state.Answer)
        {
            case SendAnswer.Done:
                return Finish(state, new ResetEnd(
                    ItemState.Failed,
                    "the agent said that the password is set, and the account's entry is as it was before",
                    "Look in the guest for what sets the entry back, or keeps accounts elsewhere; then retry the run"));
            case SendAnswer.Refused when state.IsCrypted || state.Options.Mode == ResetMode.Reapply:
                return Finish(
                    state,
                    new ResetEnd(
                        ItemState.Failed,
                        "the guest refused the new password, and its entry is as it was before",
                        "See the guest's log for chpasswd's reason (a policy, SELinux, a read-only file system)"),
                    state.IsSettled ? [refused] : []);
            case SendAnswer.Refused:
                return state.IsSettled
                    ? Record(state with { Recording = [refused] })
                    : Make(state, seen);
            default:
                return SendAgain(state, seen);
        }
    }

    private static (ResetState, ResetEffect?) Foreign(ResetState state, string seen) => Finish(
        state,
        new ResetEnd(
            ItemState.Failed,
            $"somebody else changed the password of {state.Options.User} meanwhile: what is in force is not what was sent",
            "Find out who sets it, or whether the guest was restored (qgactl password check); then retry the run"),
        new EscrowChange.Seen(seen));

    /// <summary>The guest cannot be looked into: its agent's word is all that there is.</summary>
    private static (ResetState, ResetEffect?) Blind(ResetState state) => state.Answer switch
    {
        _ when state.Target is null || (state.Options.Mode == ResetMode.Reapply && !state.MayHaveSent) => Begin(state, null),
        SendAnswer.Done => Acknowledged(state),
        SendAnswer.Refused when !state.IsCrypted => Make(state, null),
        SendAnswer.Refused => Finish(state, new ResetEnd(
            ItemState.Failed,
            "the guest refused the new password, and whether its entry has changed cannot be seen",
            "Both are kept: qgactl password show lists what may be in force. Allow guest-exec in the guest, then retry the run")),
        _ => SendAgain(state, null),
    };

    private static (ResetState, ResetEffect?) Acknowledged(ResetState state) =>
        state.Options.AcceptUnverified || state.Options.Verify == ResetProof.None
            ? Promote(state, Evidence.Acknowledged, null)
            : Finish(
                state,
                NotProved((state.Seen as EntryLook.Impossible)?.Why ?? "it cannot be looked into"),
                new EscrowChange.Applied(state.Target!.Value, null));

    private static ResetEnd NotProved(string why) => new(
        ItemState.Failed,
        $"the guest took the new password and cannot prove it: {why}",
        "qgactl password show lists what may be in force. Retry the run where the guest can prove it; or --accept-unverified");

    // ---- sending

    private static (ResetState, ResetEffect?) Send(ResetState state) =>
        (state with { Phase = ResetPhase.Sending }, new ResetEffect.Send(state.Target!.Value, state.Generation!.Hash));

    /// <summary>The same again: a hash, or what this process still has in clear. Else a new candidate.</summary>
    private static (ResetState, ResetEffect?) SendAgain(ResetState state, string? seen) =>
        state.Tries >= MostTries || state.Sendings >= MostSendings
            ? GiveUp(state, ItemState.Unreachable, "the agent did not answer", null)
            : state.Generation is { Hash: not null } || state.HasClear ? Send(state) : Make(state, seen);

    private static (ResetState, ResetEffect?) AfterSending(ResetState state, SendAnswer answer)
    {
        state = state with
        {
            Sent = state.MayHaveSent ? state.Sent : state.Sent + 1,
            Sendings = state.Sendings + 1,
            MayArrive = state.MayArrive || answer == SendAnswer.Lost,
            Answer = answer,
        };
        return answer switch
        {
            SendAnswer.Done when state.Seen is EntryLook.Impossible => Acknowledged(state),
            SendAnswer.Done when state.Options is { Verify: ResetProof.None, Mode: ResetMode.Rotate } =>
                Promote(state, Evidence.Acknowledged, null),
            SendAnswer.Done => Record(state with { Recording = [new EscrowChange.Applied(state.Target!.Value, null)] }),
            SendAnswer.Lost => TryAgain(state, "the agent did not answer in time", null),
            _ => Look(state),
        };
    }

    private static (ResetState, ResetEffect?) AfterLogin(ResetState state, LoginTest result)
    {
        var fingerprint = (state.Seen as EntryLook.Found)?.Entry.Fingerprint;
        return result switch
        {
            LoginTest.Right => Promote(state, Evidence.Login, fingerprint),
            LoginTest.NotHeard => TryAgain(state, "the guest's login test was not heard", null),
            _ => Finish(
                state,
                new ResetEnd(
                    ItemState.Failed,
                    "the guest's entry has changed, and its login check refuses the new password",
                    "qgactl password show lists what may be in force. See the guest's PAM configuration, then retry the run"),
                new EscrowChange.Applied(state.Target!.Value, state.Generation!.Hash is null ? null : fingerprint)),
        };
    }

    // ---- the escrow is told

    private static (ResetState, ResetEffect?) Promote(ResetState state, Evidence evidence, string? fingerprint) => Finish(
        state,
        new ResetEnd(ItemState.Succeeded) { Generation = state.Target, Evidence = evidence },
        new EscrowChange.Promoted(state.Target!.Value, evidence, fingerprint));

    private static (ResetState, ResetEffect?) Finish(
        ResetState state, ResetEnd end, params IReadOnlyList<EscrowChange> changes) =>
        Record(state with { End = end, Recording = [.. changes, new EscrowChange.Released()] });

    private static (ResetState, ResetEffect?) Record(ResetState state) =>
        (state with { Phase = ResetPhase.Recording }, new ResetEffect.Record(state.Recording));

    private static (ResetState, ResetEffect?) AfterRecording(ResetState state) => state switch
    {
        { End: { } end } => End(state, end),
        // The guest's policy refused it.
        { Generation.State: GenerationState.Retired } => Make(state, (state.Seen as EntryLook.Found)?.Entry.Fingerprint),
        _ => Look(state),
    };

    private static (ResetState, ResetEffect?) NotRecorded(ResetState state, ResetInput.Failed why)
    {
        if (state.Tries < MostTries) return Wait(state);
        return End(state, state.End is { State: ItemState.Failed or ItemState.Unreachable or ItemState.Cancelled } end
            ? end
            : new ResetEnd(
                ItemState.Unknown,
                $"the guest was sent a new password, and the escrow could not be told what came of it: {why.Reason}",
                $"It is kept as a candidate. {why.Remedy}; then retry the run"));
    }

    // ---- who is not heard

    private static (ResetState, ResetEffect?) TryAgain(ResetState state, string why, string? remedy) =>
        state.Tries < MostTries ? Wait(state) : GiveUp(state, ItemState.Unreachable, why, remedy);

    private static (ResetState, ResetEffect?) Wait(ResetState state) => (
        state with { Phase = ResetPhase.Waiting, Tries = state.Tries + 1 },
        new ResetEffect.Pause(Backoff.After(state.Tries + 1, FirstPause, LongestPause, 0, 0)));

    /// <summary>What may have been sent is unknown, and never unreachable; what was not is void.</summary>
    private static (ResetState, ResetEffect?) GiveUp(ResetState state, ItemState unsent, string why, string? remedy) =>
        state.MayHaveChanged
            ? Finish(
                state,
                new ResetEnd(
                    ItemState.Unknown,
                    $"whether the new password is in force is not known: {why}",
                    "It is kept as a candidate: qgactl password show lists what may be in force. Retry the run"),
                state.IsUnsent ? [new EscrowChange.Voided(state.Target!.Value)] : [])
            : Finish(
                state,
                new ResetEnd(unsent, why, remedy),
                state.IsUnsent ? [new EscrowChange.Voided(state.Target!.Value)] : []);

    private static (ResetState, ResetEffect?) Look(ResetState state) =>
        (state with { Phase = ResetPhase.Looking }, new ResetEffect.Look());

    private static (ResetState, ResetEffect?) End(ResetState state, ResetEnd end) =>
        (state with { Phase = ResetPhase.Ended }, new ResetEffect.End(end));
}
