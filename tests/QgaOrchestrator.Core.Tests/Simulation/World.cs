using System.Globalization;
using QgaOrchestrator.Core.Tests.Vms;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>A bug that a test plants, so that what finds it is known to look.</summary>
internal enum Planted
{
    Nothing,
    SentBeforeItIsJournalled,
    OrderRepeatedAsNew,
    BudgetOverlooked,
    SuccessWithoutPoint,
    UndoSkippedAfterACrash,
    LateThawOverlooked,
    OtherAttemptsOutcomeTaken,
    NeverCommandRepeated,
    LedgerNotRead,
    DeadlineOverlooked,
    UnheardLimitOverlooked,
    EntryRemovedBeforeItsThaw,
    OpenEntryOverwritten,
    FrozenWithoutWatchdog,
    UndoSkipped,
    VerdictNotStored,
    FallsBackThoughRequired,
    PublishedBeforeVerified,
    UnknownTurnedIntoCancelled,
    HaltedWithoutThaw,
}

/// <summary>Virtual time, seeded chance, and a scheduler that plays one thing after the other. One seed is one story.</summary>
internal sealed class World(int seed, Planted bug)
{
    private readonly PriorityQueue<Action, (double, int)> _due = new();
    private readonly List<string> _story = [];
    private readonly Random _random = new(seed);
    private int _order;

    public Planted Bug => bug;

    public double Ms { get; private set; }

    public Moment Moment => Clock.At(Ms);

    /// <summary>The first invariant that was broken, in words.</summary>
    public string? Broken { get; private set; }

    public string Story => string.Join('\n', _story);

    public int Next(int from, int below) => _random.Next(from, below);

    public bool OneIn(int chances) => _random.Next(chances) == 0;

    /// <summary>Most often up to <paramref name="usually"/> milliseconds, one time in eight up to <paramref
    /// name="atMost"/>.</summary>
    public double Slow(int atLeast, int usually, int atMost) => _random.Next(atLeast, OneIn(8) ? atMost : usually);

    public void At(double after, Action act) => _due.Enqueue(act, (Ms + Math.Max(0, after), _order++));

    /// <summary>A message: one in ten is lost, one in ten doubled, one in twenty late by up to three seconds.</summary>
    /// <param name="arrive">What it does.</param>
    /// <param name="doubled">It may come twice.</param>
    public void Send(Action arrive, bool doubled = true)
    {
        for (var copies = _random.Next(10) switch { 0 => 0, 1 when doubled => 2, _ => 1 }; copies > 0; copies--)
            At(_random.Next(OneIn(20) ? 3_000 : 40), arrive);
    }

    public void Tell(string what) => _story.Add(string.Create(CultureInfo.InvariantCulture, $"{Ms,8:0} {what}"));

    public void Break(string invariant)
    {
        if (Broken is not null) return;
        Broken = invariant;
        Tell($"BROKEN: {invariant}");
    }

    /// <summary>Plays the next thing.</summary>
    /// <returns>False: nothing is left to do.</returns>
    public bool Play()
    {
        if (!_due.TryDequeue(out var next, out var when)) return false;
        Ms = when.Item1;
        next();
        return true;
    }
}
