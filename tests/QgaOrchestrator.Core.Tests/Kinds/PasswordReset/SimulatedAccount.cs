using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Tests.Kinds.PasswordReset;

/// <summary>An account in a guest whose agent, policies and operators do what they like.</summary>
internal sealed class SimulatedAccount(Random random)
{
    private readonly List<(string Entry, int? Generation)> _history = [("before", null)];
    private readonly List<Action> _orphans = [];
    private readonly GuestSystem _system = random.Next(4) == 0 ? GuestSystem.Windows : GuestSystem.Linux;
    private bool _hasShell = random.Next(5) != 0;
    private int _salt;

    public string Entry { get; private set; } = "before";

    /// <summary>The generation in force; null: none of ours.</summary>
    public int? InForce { get; private set; }

    /// <summary>All generations that ever were in force.</summary>
    public HashSet<int> Ever { get; } = [];

    /// <summary>Something else than a run has changed it since a run was last right about it.</summary>
    public bool Disturbed { get; set; }

    public void Calm() => _hasShell = true;

    /// <summary>Between two runs.</summary>
    public void Change(Random dice)
    {
        _hasShell = dice.Next(5) != 0;
        if (dice.Next(4) == 0) Disturb(dice);
    }

    public void Meanwhile(Random dice)
    {
        if (_orphans.Count > 0 && dice.Next(3) == 0)
        {
            Disturbed = true;
            _orphans[0]();
            _orphans.RemoveAt(0);
        }
        if (dice.Next(80) == 0) Disturb(dice);
    }

    public EntryLook Look(bool calm)
    {
        if (!calm && random.Next(12) == 0) return new EntryLook.NotHeard("the agent is away", null);
        return _hasShell
            ? new EntryLook.Found(new GuestEntry(Entry) { Scheme = "$y$", CanTestLogin = true }, _system)
            : new EntryLook.Impossible("guest-exec is disabled", _system);
    }

    public ResetInput Set(int generation, bool crypted, bool calm)
    {
        var dice = calm ? 99 : random.Next(100);
        switch (dice)
        {
            case < 5: return new ResetInput.NotSent("the queue is full", null, Passing: true);
            case < 7: return new ResetInput.NotSent("denied", null, Passing: false);
            case < 15: return new ResetInput.Sent(SendAnswer.Lost);
            case < 17:
                _orphans.Add(() => Put(generation, crypted));
                return new ResetInput.Sent(SendAnswer.Lost);
            case < 25:
                Put(generation, crypted);
                return new ResetInput.Sent(SendAnswer.Lost);
            case < 33: return new ResetInput.Sent(SendAnswer.Refused);
            case < 37:
                Put(generation, crypted);
                return new ResetInput.Sent(SendAnswer.Refused);
            case < 39: return new ResetInput.Sent(SendAnswer.Done);
            case < 41:
                var was = (Entry, InForce);
                Put(generation, crypted);
                (Entry, InForce) = was;
                return new ResetInput.Sent(SendAnswer.Done);
            default:
                Put(generation, crypted);
                return new ResetInput.Sent(SendAnswer.Done);
        }
    }

    private void Put(int generation, bool crypted)
    {
        // Who is given the password itself takes a salt of its own.
        (Entry, InForce) = (crypted ? $"h{generation}" : $"s{++_salt}", generation);
        Ever.Add(generation);
        _history.Add((Entry, InForce));
    }

    private void Disturb(Random dice)
    {
        Disturbed = true;
        (Entry, InForce) = dice.Next(2) == 0 ? ($"foreign{++_salt}", null) : _history[dice.Next(_history.Count)];
    }
}
