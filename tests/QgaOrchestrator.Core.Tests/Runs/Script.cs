using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Tests.Runs;

/// <summary>A run as a test tells it: commands in, events kept, the state always the fold of them.</summary>
internal sealed class Script
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 23, 56, 47, TimeSpan.Zero);

    public static readonly RunOptions Options = new BackupOptions("full", null, Consistency.Require, null).In(new()
    {
        MaxParallel = 50,
        MaxFailures = CountOrPercent.All,
        MaxUnreachable = CountOrPercent.All,
    });

    private DateTimeOffset _now = Start;

    public Script(int vms, RunOptions? options = null, int hosts = 1, Func<int, TargetNote>? note = null, string? target = null)
    {
        var targets = Enumerable.Range(0, vms).Select(i => new VmId($"hv{i % hosts}", $"vm{i}")).ToArray();
        Do(new RunCommand.Start(new RunEvent.RunStarted("r1", BackupKind.Name, "*", options ?? Options, targets, Start, null)
        {
            Target = target,
            Notes = note is null ? null : [.. Enumerable.Range(0, vms).Select(note)],
        }));
    }

    public List<RunEvent> Journal { get; } = [];

    public RunState State { get; private set; } = null!;

    /// <summary>Items under way, as <c>item/attempt</c>.</summary>
    public string UnderWay => string.Join(' ', RunRules.UnderWay(State).Select(item => $"{item.Index}/{item.Attempt}"));

    public DateTimeOffset Now => _now;

    public Script Wait(TimeSpan time)
    {
        _now += time;
        return this;
    }

    public IReadOnlyList<RunEvent> Do(RunCommand command)
    {
        _now += TimeSpan.FromSeconds(1);
        var events = RunRules.Decide(State, command, _now);
        foreach (var e in events)
        {
            State = RunRules.Evolve(State, e);
            Journal.Add(e);
        }
        return events;
    }

    /// <summary>Dispatches until nothing more is due.</summary>
    public Script Dispatch()
    {
        while (Do(new RunCommand.Dispatch(AwayHosts.None)).Count > 0) { }
        return this;
    }

    public IReadOnlyList<RunEvent> Settle(params (int Item, int Attempt, ItemState State)[] outcomes) =>
        Do(new RunCommand.Settle([.. outcomes.Select(o => Outcome(o.Item, o.Attempt, o.State))]));

    /// <summary>Settles this attempt and dispatches what that makes due.</summary>
    public Script Settle(ItemOutcome outcome)
    {
        Do(new RunCommand.Settle([outcome]));
        return Dispatch();
    }

    /// <summary>Settles an item's present attempt and dispatches what that makes due.</summary>
    public Script End(ItemState state, params int[] items)
    {
        Settle([.. items.Select(i => (i, State.Items[i].Attempt, state))]);
        return Dispatch();
    }

    public static ItemOutcome Outcome(int item, int attempt, ItemState state) =>
        new(item, attempt, state, state == ItemState.Succeeded ? null : "because");
}
