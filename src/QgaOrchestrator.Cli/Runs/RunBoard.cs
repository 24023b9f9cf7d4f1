using System.Collections.Immutable;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>What a watcher knows of a run: its events folded. Repeated events change nothing.</summary>
internal sealed record RunBoard
{
    public Run? Run { get; init; }
    public RunProgress? Progress { get; init; }
    /// <summary>When the progress came, by the watcher's clock: between two of them time goes on.</summary>
    public DateTimeOffset ProgressAt { get; init; }
    /// <summary>Items that did not succeed, by index.</summary>
    public ImmutableSortedDictionary<int, ItemStatus> Failures { get; init; } = ImmutableSortedDictionary<int, ItemStatus>.Empty;
    /// <summary>Why nothing comes at the moment.</summary>
    public string? Lost { get; init; }

    public RunBoard With(RunUpdate change, DateTimeOffset now) => change switch
    {
        RunUpdate.RunChanged run => this with { Run = run.Run, Lost = null },
        RunUpdate.ItemChanged { Item: var item } =>
            this with { Failures = IsFailure(item) ? Failures.SetItem(item.Index, item) : Failures, Lost = null },
        RunUpdate.Progressed progress => this with { Progress = progress.Progress, ProgressAt = now, Lost = null },
        _ => this,
    };

    /// <summary>Guests that are frozen now, the longest first, each with its milliseconds until now.</summary>
    public IEnumerable<(string Vm, double Ms)> FrozenAt(DateTimeOffset now) =>
        (Progress?.Items ?? [])
            .Where(item => item.FrozenMs is not null)
            .Select(item => (item.Vm, Ms: item.FrozenMs!.Value + Math.Max(0, (now - ProgressAt).TotalMilliseconds)))
            .OrderByDescending(item => item.Ms);

    /// <summary>Until the run's end: the node's word, else by the items done until now.</summary>
    public TimeSpan? TimeLeft(DateTimeOffset now)
    {
        if (Progress?.SecondsLeft is { } seconds)
            return TimeSpan.FromSeconds(Math.Max(0, seconds - (now - ProgressAt).TotalSeconds));
        if (Run is not { StartedAt: { } started } || Done is 0 || Done == Run.Items.Total)
            return null;
        return (now - started) / Done * (Run.Items.Total - Done);
    }

    /// <summary>VMs done a minute, since the start; null while there are none.</summary>
    public double? PerMinute(DateTimeOffset now) =>
        Run is { StartedAt: { } started } && Done > 0 && now > started ? Done / (now - started).TotalMinutes : null;

    /// <summary>Where the run is in its waves; null where it has but one.</summary>
    public string? WaveLine(DateTimeOffset now)
    {
        if (Run is not { Waves: { Count: > 1 } waves } run || RunStates.IsFinal(run.State)) return null;
        var turn = waves.TakeWhile(wave => wave.State == WaveStates.Done).Count();
        if (turn == waves.Count) return null;
        var left = waves[turn].BeginsAt is { } at ? $", begins in {Text.Span(at > now ? at - now : TimeSpan.Zero)}" : "";
        return $"wave {turn + 1} of {waves.Count}: {Text.Count(waves[turn].Vms, "VM")}{left}";
    }

    public int Done => Run is null ? 0 : Run.Items.Total - Run.Items.Pending - Run.Items.Running;

    public static bool IsFailure(ItemStatus item) =>
        item.State is not (ItemStates.Pending or ItemStates.Running or ItemStates.Succeeded);
}
