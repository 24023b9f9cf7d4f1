using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Metrics;

/// <summary>
/// What a node counts while it works, by OpenTelemetry's conventions: names with dots, UCUM units, times in seconds. Every label
/// has a few values that are known beforehand: none names a VM, a run, a command or a person. Any thread may call it.
/// </summary>
public sealed class NodeMetrics : IDisposable
{
    private static readonly double[] FrozenBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private static readonly double[] LatencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly ConcurrentDictionary<string, (RunPhase Phase, RunCounts Counts)> _runs = [];
    private readonly Counter<long> _windows, _thaws, _runsEnded, _itemsEnded;
    private readonly Histogram<double> _frozen, _agent, _journal;
    private volatile bool _guarded;

    public NodeMetrics()
    {
        _windows = Meter.CreateCounter<long>("qga.windows", "{window}", "Windows that have closed, by how they ended.");
        _frozen = Histogram(
            "qga.window.frozen.duration", FrozenBuckets, "For how long guests were frozen, from freeze's reply to the thaw.");
        _thaws = Meter.CreateCounter<long>("qga.thaws", "{thaw}", "Thaws of windows, by who thawed.");
        _agent = Histogram(
            "qga.agent.command.duration", LatencyBuckets, "From an agent command's sending to its end. Windows are apart.");
        _journal = Histogram("qga.journal.write.duration", LatencyBuckets, "From a run's events to the journal's answer.");
        _runsEnded = Meter.CreateCounter<long>("qga.runs.ended", "{run}", "Runs that have ended on this node.");
        _itemsEnded = Meter.CreateCounter<long>("qga.items.ended", "{item}", "Items of runs that have ended on this node.");
        Meter.CreateObservableGauge("qga.runs", Runs, "{run}", "Runs that this node works for.");
        Meter.CreateObservableGauge("qga.items", Items, "{item}", "Items of the runs that this node works for.");
        Meter.CreateObservableGauge(
            "qga.watchdog.guarding", () => _guarded ? 1 : 0, "1",
            "1 while qga-watchdog guards this node; at 0 no guest is frozen.");
    }

    /// <summary>Of this node alone, so that several in one process do not count together.</summary>
    public Meter Meter { get; } = new("QgaOrchestrator");

    /// <summary>A node's watchdog guards it, or does not.</summary>
    public void Guarded(bool guarded) => _guarded = guarded;

    /// <summary>A window has been closed by this node.</summary>
    /// <param name="adopted">An earlier process had opened it: only the wall clock spans both.</param>
    /// <param name="byOperator">A caller of the API asked for the thaw.</param>
    public void WindowClosed(WindowRecord record, bool adopted, bool byOperator)
    {
        _windows.Add(1, Label("outcome", record switch
        {
            { FreezeSent: null } => "not-frozen",
            { FreezeRefused: true } => "refused",
            { Broken: not null } => "broken",
            _ => "held",
        }));
        if (record is { FrozenAt: { } frozen, ThawedAt: { } thawed })
            RecordFrozen(adopted ? thawed.Utc - frozen.Utc : thawed - frozen);
        if (record.ThawedAt is not null) _thaws.Add(1, Label("by", byOperator ? "operator" : "node"));
    }

    /// <summary>The ledger says that another program thawed the guest of a window.</summary>
    public void ThawedByAnother(WindowFacts facts)
    {
        _windows.Add(1, Label("outcome", "broken"));
        if (facts is { FrozenAt: { } frozen, ThawedAt: { } thawed }) RecordFrozen(thawed - frozen);
        _thaws.Add(1, Label("by", facts.ThawedBy == "watchdog" ? "watchdog" : "operator"));
    }

    /// <summary>An agent command has ended.</summary>
    public void CommandEnded(TimeSpan after, AgentOutcome outcome)
    {
        var how = outcome switch
        {
            AgentOutcome.Returned => "returned",
            AgentOutcome.Refused => "refused",
            AgentOutcome.NotSent => null,
            _ => "unknown",
        };
        if (how is not null) _agent.Record(after.TotalSeconds, Label("outcome", how));
    }

    public void JournalWritten(TimeSpan after) => _journal.Record(after.TotalSeconds);

    /// <summary>A run that this node works for, as it is now.</summary>
    public void Show(RunState run)
    {
        if (!run.IsEnded) _runs[run.Id] = (run.Phase, run.Counts);
    }

    /// <summary>This node does not work for the run any more.</summary>
    public void Hide(string run) => _runs.TryRemove(run, out _);

    public void Ended(RunState run)
    {
        // A run that failed and begins anew ends only once.
        if (!_runs.TryRemove(run.Id, out _)) return;
        _runsEnded.Add(1, Label("outcome", Lower(run.Phase)));
        foreach (var (state, count) in ByState(run.Counts))
            if (count > 0) _itemsEnded.Add(count, Label("outcome", Lower(state)));
    }

    public void Dispose() => Meter.Dispose();

    private void RecordFrozen(TimeSpan frozen) => _frozen.Record(Math.Max(0, frozen.TotalSeconds));

    private IEnumerable<Measurement<long>> Runs()
    {
        var phases = _runs.Values.Select(run => run.Phase).ToLookup(phase => phase);
        return ((RunPhase[])[RunPhase.Waiting, RunPhase.Running, RunPhase.Pausing, RunPhase.Paused, RunPhase.Aborting])
            .Select(phase => new Measurement<long>(phases[phase].Count(), Label("state", Lower(phase))));
    }

    private IEnumerable<Measurement<long>> Items() => _runs.Values.SelectMany(run => ByState(run.Counts))
        .Concat(ByState(default)).GroupBy(of => of.State)
        .Select(of => new Measurement<long>(of.Sum(one => (long)one.Count), Label("state", Lower(of.Key))));

    private static (ItemState State, int Count)[] ByState(RunCounts counts) =>
    [
        (ItemState.Pending, counts.Pending), (ItemState.Running, counts.Running), (ItemState.Succeeded, counts.Succeeded),
        (ItemState.Failed, counts.Failed), (ItemState.Unreachable, counts.Unreachable), (ItemState.Unknown, counts.Unknown),
        (ItemState.Cancelled, counts.Cancelled),
    ];

    private Histogram<double> Histogram(string name, double[] buckets, string description) => Meter.CreateHistogram(
        name, "s", description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    private static string Lower<T>(T state) where T : struct, Enum => state.ToString().ToLowerInvariant();
}
