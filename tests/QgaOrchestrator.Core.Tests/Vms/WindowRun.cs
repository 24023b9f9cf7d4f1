using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>A window under test: what it was told, where it stands, and all that it has asked for.</summary>
internal sealed class WindowRun
{
    public static readonly WindowOrder Order = new(
        "w1", TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(300), WindowMode.Alone);

    private WindowRun((WindowState State, IReadOnlyList<WindowEffect> Effects) first)
    {
        State = first.State;
        All.AddRange(Last = first.Effects);
    }

    public WindowState State { get; private set; }

    public WindowRecord Record => State.Record;

    /// <summary>Effects of the last step.</summary>
    public IReadOnlyList<WindowEffect> Last { get; private set; }

    public List<WindowEffect> All { get; } = [];

    /// <summary>The limit that the host keeps now.</summary>
    public WindowLimit? Armed => All.OfType<WindowEffect.Arm>().LastOrDefault()?.Limit;

    public bool FreezeSent => All.OfType<WindowEffect.Freeze>().Any();

    public int Thaws => All.OfType<WindowEffect.Thaw>().Count();

    public int GivenUp => All.OfType<WindowEffect.GiveUpWaiting>().Count();

    public static WindowRun Open(WindowOrder? order = null) => new(WindowRules.Open(order ?? Order));

    public static WindowRun Adopt(WindowRecord record, double ms = 0) => new(WindowRules.Adopt(Order, record, Clock.At(ms)));

    /// <summary>Opened at 0 ms, its freeze sent at 1 ms.</summary>
    public static WindowRun Freezing(WindowOrder? order = null) => Looking(order).Step(1, new WindowInput.LooksThawed());

    /// <summary>Asked at 1 ms whether somebody else froze it.</summary>
    public static WindowRun Looking(WindowOrder? order = null) => Open(order).Step(1, new WindowInput.LedgerWritten());

    /// <summary>Frozen at 10 ms.</summary>
    public static WindowRun Frozen(long count = 2, WindowOrder? order = null) =>
        Freezing(order).Step(10, new WindowInput.FreezeReturned(count));

    /// <summary>The freeze overdue at 201 ms.</summary>
    public static WindowRun Overdue() => Freezing().Step(201, new WindowInput.LimitPassed(WindowLimit.FreezeTimeout));

    /// <summary>Cut at 20 ms, the thaw sent.</summary>
    public static WindowRun Thawing() => Frozen().Step(20, new WindowInput.CutDone());

    public WindowRun Step(double ms, WindowInput input)
    {
        (State, Last) = WindowRules.Step(State, input, Clock.At(ms));
        All.AddRange(Last);
        return this;
    }

    public static WindowInput Settled(double ms, long? thawed = 2, string? error = null) =>
        new WindowInput.Settled(thawed, error, Clock.At(ms));
}
