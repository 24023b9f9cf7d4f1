using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Tests.Kinds.PasswordReset;

/// <summary>A reset told step by step: each line says which effect is expected, and what comes of it.</summary>
internal sealed class ResetPlay
{
    private readonly AccountLease _lease;
    private ResetState _state;
    private ResetEffect? _effect;
    private Account _account;

    public ResetPlay(ResetOptions options, Account account, AccountLease lease)
    {
        (_account, _lease, _state) = (account, lease, new ResetState(options, lease));
        Step(new ResetInput.Begin());
        Assert.IsType<ResetEffect.Lease>(_effect);
        Step(new ResetInput.Leased(account));
    }

    public ResetPlay Sees(string fingerprint, GuestSystem system = GuestSystem.Linux) =>
        Hears(new EntryLook.Found(new GuestEntry(fingerprint) { Scheme = "$y$", CanTestLogin = true }, system));

    public ResetPlay Hears(EntryLook look)
    {
        Assert.IsType<ResetEffect.Look>(_effect);
        return Step(new ResetInput.Looked(look));
    }

    public ResetPlay Makes(string? scheme, string? before = "before")
    {
        var make = Assert.IsType<ResetEffect.Make>(_effect);
        Assert.Equal((scheme, before), (make.Scheme, make.Before));
        var hash = scheme is null ? null : $"h{make.Generation}";
        var made = new Generation(make.Generation, DateTimeOffset.UnixEpoch, "r", 0, hash, make.Before) { Fingerprint = hash };
        _account = AccountRules.Add(_account, made);
        return Step(new ResetInput.Made(_account));
    }

    public ResetPlay IsOvertaken(Generation by)
    {
        Assert.IsType<ResetEffect.Make>(_effect);
        _account = AccountRules.Add(_account, by);
        return Step(new ResetInput.Leased(_account));
    }

    public ResetPlay Answers(SendAnswer answer)
    {
        Assert.IsType<ResetEffect.Send>(_effect);
        return Step(new ResetInput.Sent(answer));
    }

    public ResetPlay IsNotSent(bool passing)
    {
        Assert.IsType<ResetEffect.Send>(_effect);
        return Step(new ResetInput.NotSent("the queue is full", null, passing));
    }

    public ResetPlay TestsLogin(LoginTest result)
    {
        Assert.IsType<ResetEffect.TestLogin>(_effect);
        return Step(new ResetInput.LoginTested(result));
    }

    public ResetPlay Pauses()
    {
        Assert.IsType<ResetEffect.Pause>(_effect);
        return Step(new ResetInput.Paused());
    }

    public ResetPlay Aborts()
    {
        var effect = _effect;
        Step(new ResetInput.Aborted());
        Assert.Null(_effect);
        _effect = effect;
        return this;
    }

    public ResetPlay Records(params IReadOnlyList<EscrowChange> changes)
    {
        Assert.Equal(changes, Assert.IsType<ResetEffect.Record>(_effect).Changes);
        _account = changes.Aggregate(
            _account, (account, change) => EscrowChange.Apply(account, change, _lease, DateTimeOffset.UnixEpoch));
        return Step(new ResetInput.Recorded(_account));
    }

    public void EndsPromoted(int generation, Evidence evidence, string? fingerprint = null)
    {
        var seen = fingerprint ?? (evidence == Evidence.Acknowledged ? null : $"h{generation}");
        Records(new EscrowChange.Promoted(generation, evidence, seen), new EscrowChange.Released());
        var end = Ends(ItemState.Succeeded);
        Assert.Equal((generation, evidence), (end.Generation, end.Evidence));
    }

    public ResetEnd Ends(ItemState state)
    {
        var end = Assert.IsType<ResetEffect.End>(_effect).How;
        Assert.Equal(state, end.State);
        if (state is not (ItemState.Succeeded or ItemState.Cancelled)) Assert.NotEmpty(end.Reason!);
        return end;
    }

    private ResetPlay Step(ResetInput input)
    {
        (_state, _effect) = ResetRules.Step(_state, input);
        return this;
    }
}
