using System.Text;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Tests.Kinds.PasswordReset;

/// <summary>
/// One account of one guest and several runs over it, played by the production rules: processes that are killed before and
/// after each effect, replies that are lost, refusals with and without effect, false acknowledgements, commands that arrive
/// late, foreign changes, restored guests, stores that fail, aborts. A clear password ends with its process.
/// </summary>
internal sealed class ResetSimulation(int seed)
{
    private const int MostCrashes = 6, MostSteps = 400;

    private readonly Random _random = new(seed);
    private readonly StringBuilder _story = new();
    private readonly SimulatedAccount _guest = new(new Random(seed * 31 + 7));
    private Account? _escrow;
    private string? _broken;
    private bool _calm, _sent;
    private int _clear;
    private DateTimeOffset _now = new(2026, 11, 29, 0, 0, 0, TimeSpan.Zero);

    public string Story => _story.ToString();

    public int Succeeded { get; private set; }

    public int Runs { get; private set; }

    /// <summary>A planted bug: what the rules are told.</summary>
    public Func<ResetState, ResetInput, ResetInput> InputBug { get; init; } = (_, input) => input;

    /// <summary>A planted bug: what is done.</summary>
    public Func<ResetState, ResetEffect, ResetEffect> EffectBug { get; init; } = (_, effect) => effect;

    /// <summary>A planted bug: a candidate is sent before it is durable.</summary>
    public bool SendsBeforeItIsDurable { get; init; }

    /// <returns>What broke; null: nothing.</returns>
    public string? Play()
    {
        for (var run = 1; run <= 4 && _broken is null; run++) Play($"r{run}");
        _calm = true;
        _guest.Calm();
        // Whatever happened, with a guest that works a retry brings it to its end.
        if (_broken is null && Play("last", reapply: false)?.State != ItemState.Succeeded) Break("the last run did not succeed");
        return _broken;
    }

    private ResetEnd? Play(string run, bool? reapply = null)
    {
        Runs++;
        _sent = false;
        var options = new ResetOptions(
            "root", 24, null, Pick(ResetProof.Hash, ResetProof.Hash, ResetProof.Login, ResetProof.None), Unlock: false,
            ClearMustChange: false, AcceptUnverified: _calm || OneIn(2),
            reapply ?? OneIn(6) ? ResetMode.Reapply : ResetMode.Rotate);
        if (!_calm) _guest.Change(_random);
        for (int attempt = 1, crashes = 0; ; attempt++)
        {
            var end = Live(new ResetState(options, new AccountLease(run, 0, attempt)), mayCrash: crashes++ < MostCrashes);
            if (_broken is not null || end is null) { if (_broken is not null) return null; continue; }
            Tell($"{run} ends: {end}");
            Check(run, options, end);
            if (end.State == ItemState.Succeeded) Succeeded++;
            return end;
        }
    }

    /// <summary>One process's life with the item.</summary>
    /// <returns>How it ended; null: the process was killed.</returns>
    private ResetEnd? Live(ResetState state, bool mayCrash)
    {
        _clear = 0;
        ResetInput input = new ResetInput.Begin();
        for (var step = 0; step < MostSteps; step++)
        {
            if (!_calm && OneIn(60)) (state, _) = ResetRules.Step(state, new ResetInput.Aborted());
            (state, var effect) = ResetRules.Step(state, InputBug(state, input));
            if (effect is ResetEffect.End { How: var end }) return end;
            if (effect is null) return Break($"nothing follows {input} in {state.Phase}");
            effect = EffectBug(state, effect);
            if (effect is ResetEffect.End { How: var bug }) return bug;
            if (mayCrash && Crashes()) return null;
            input = Do(state, effect);
            Tell($"{effect} -> {input}; in force {_guest.InForce?.ToString() ?? _guest.Entry}");
            Look();
            if (_broken is not null) return null;
            if (mayCrash && Crashes()) return null;
            if (!_calm) _guest.Meanwhile(_random);
        }
        return Break("it does not end");
    }

    private bool Crashes()
    {
        if (_calm || !OneIn(20)) return false;
        Tell("killed");
        return true;
    }

    private ResetInput Do(ResetState state, ResetEffect effect)
    {
        _now += TimeSpan.FromSeconds(1);
        switch (effect)
        {
            case ResetEffect.Lease:
                _escrow = AccountRules.Lease(
                    _escrow ?? new Account(new AccountId("u", "root"), "h/v"), state.Lease, _ => true);
                return new ResetInput.Leased(_escrow!);
            case ResetEffect.Look:
                return new ResetInput.Looked(_guest.Look(_calm));
            case ResetEffect.Make make:
                if (Fails()) return new ResetInput.Failed("the store is away", null);
                _clear = make.Generation;
                var hash = make.Scheme is null ? null : $"h{make.Generation}";
                var made = AccountRules.Add(_escrow!, new Generation(
                    make.Generation, _now, state.Lease.Run, 0, hash, make.Before)
                { Fingerprint = hash });
                if (SendsBeforeItIsDurable) return new ResetInput.Made(made);
                _escrow = made;
                return new ResetInput.Made(made);
            case ResetEffect.Send send:
                var generation = _escrow!.Find(send.Generation);
                if (generation is null or { State: GenerationState.Void })
                    Break($"{send.Generation} is sent and not readable");
                if (generation is { Hash: null } && _clear != send.Generation)
                    Break("a password is sent that nobody has in clear");
                var reply = _guest.Set(send.Generation, generation?.Hash is not null, _calm);
                _sent |= reply is ResetInput.Sent;
                return reply;
            case ResetEffect.TestLogin test:
                if (_clear != test.Generation) Break("a login is tested with a password that nobody has in clear");
                return new ResetInput.LoginTested(
                    !_calm && OneIn(10) ? LoginTest.NotHeard
                    : _guest.InForce == test.Generation ? LoginTest.Right
                    : LoginTest.Wrong
                );
            case ResetEffect.Record record:
                if (Fails()) return new ResetInput.Failed("the store is away", null);
                _escrow = record.Changes.Aggregate(
                    _escrow!, (account, change) => EscrowChange.Apply(account, change, state.Lease, _now));
                return new ResetInput.Recorded(_escrow!);
            default:
                return new ResetInput.Paused();
        }
    }

    private bool Fails() => !_calm && OneIn(25);

    /// <summary>After every step: whoever is allowed to gets into the guest.</summary>
    private void Look()
    {
        foreach (var number in _guest.Ever)
            if (_escrow?.Find(number) is null or { State: GenerationState.Void })
                Break($"generation {number} was in force, and is void or not kept");
        if (_guest.InForce is { } inForce && !_guest.Disturbed && _escrow is { } account
            && AccountRules.Possible(account).All(possible => possible.Number != inForce))
            Break($"generation {inForce} is in force, and show does not list it");
        if (_escrow?.Generations.Count(one => one.State == GenerationState.Current) > 1) Break("two are current");
    }

    private void Check(string run, ResetOptions options, ResetEnd end)
    {
        var left = _sent && _escrow?.Generations.Any(one =>
            one.Run == run && one.State is not (GenerationState.Void or GenerationState.Retired)) == true;
        if (left && end.State is (ItemState.Unreachable or ItemState.Cancelled))
            Break($"what may have been sent ended {end.State.ToString().ToLowerInvariant()}");
        if (end.State != ItemState.Succeeded) return;
        if (_escrow?.Current is not { } current || (options.Mode == ResetMode.Rotate && current.Number != end.Generation))
            Break("it succeeded, and its generation is not the current one");
        else if (end.Evidence != Evidence.Acknowledged && !_guest.Disturbed && _guest.InForce != current.Number)
            Break($"generation {current.Number} is said to be in force by {end.Evidence}, and is not");
        else if (_guest.InForce == current.Number)
            _guest.Disturbed = false;
    }

    private ResetEnd? Break(string what)
    {
        _broken ??= what;
        Tell($"BROKEN: {what}");
        return null;
    }

    private void Tell(string line) => _story.AppendLine(line);

    private bool OneIn(int n) => _random.Next(n) == 0;

    private T Pick<T>(params ReadOnlySpan<T> from) => from[_random.Next(from.Length)];
}
