using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Runs;

/// <summary>Waves: the canary, then cumulative steps. The next one begins when the one before has ended and has soaked.</summary>
public static class Waves
{
    /// <summary>The waves of a run that begins. No group is split: its wave grows.</summary>
    public static IReadOnlyList<WaveProgress> Planned(RunOptions options, IReadOnlyList<RunItem> items)
    {
        var wanted = new[] { options.Canary }.Concat((options.Waves ?? []).Select(wave => (CountOrPercent?)wave))
            .OfType<CountOrPercent>().Select(amount => Math.Max(1, amount.Of(items.Count)));
        int[] ends = [.. wanted.Select(end => Whole(items, Math.Min(end, items.Count))).Append(items.Count).Order().Distinct()];
        return [.. ends.Select((end, i) => new WaveProgress(end, end - (i == 0 ? 0 : ends[i - 1]), 0, null))];
    }

    /// <summary>The wave of an item.</summary>
    public static int Of(IReadOnlyList<WaveProgress> waves, int item)
    {
        var wave = 0;
        while (item >= waves[wave].End) wave++;
        return wave;
    }

    /// <summary>The wave that may begin or is under way at this time, and when it begins where it still soaks.</summary>
    public static (int Wave, DateTimeOffset? BeginsAt) Current(RunState state, DateTimeOffset now)
    {
        DateTimeOffset? last = null;
        foreach (var (i, wave) in state.Waves.Index())
        {
            var begins = last is { } ended ? Duration.After(ended, Soak(state.Options)) : (DateTimeOffset?)null;
            if (begins > now) return (i, begins);
            if (wave.Open > 0) return (i, null);
            if (last is null || wave.SettledAt > last) last = wave.SettledAt;
        }
        return (state.Waves.Count - 1, null);
    }

    /// <summary>The wave whose turn it is, from 0: the first whose items have not all come to rest, else the last.</summary>
    public static int Turn(IReadOnlyList<int> ends, RunCounts counts)
    {
        var (wave, rested) = (0, counts.Total - counts.Pending - counts.Running);
        while (wave < ends.Count - 1 && ends[wave] <= rested) wave++;
        return wave;
    }

    /// <summary>When the next wave begins, while the one before it soaks; null: nothing soaks.</summary>
    public static DateTimeOffset? SoaksUntil(RunState state)
    {
        var soak = Soak(state.Options);
        if (soak == TimeSpan.Zero || state is not { IsEnded: false, Abort: null, Counts: { Running: 0, Pending: > 0 } counts })
            return null;
        var rested = state.Waves.TakeWhile(wave => wave.Open == 0).ToList();
        return rested.Count > 0 && rested[^1].End == counts.Total - counts.Pending
            && rested.Max(wave => wave.SettledAt) is { } ended
            ? Duration.After(ended, soak)
            : null;
    }

    /// <summary>A dry run has changed nothing that would have to prove itself.</summary>
    private static TimeSpan Soak(RunOptions options) => options.DryRun ? TimeSpan.Zero : options.Soak ?? TimeSpan.Zero;

    /// <summary>The canary has ended, and not one of it succeeded.</summary>
    public static bool CanaryFailed(RunState state) =>
        state is { Options.Canary: not null, Waves: [{ Open: 0, Succeeded: 0 }, _, ..] };

    private static int Whole(IReadOnlyList<RunItem> items, int end)
    {
        while (end > 0 && end < items.Count && items[end].Group is { } group && items[end - 1].Group == group) end++;
        return end;
    }
}

/// <summary>How far a wave is, counted so that nobody looks at all of its items.</summary>
/// <param name="End">The index behind its last item.</param>
/// <param name="Open">Items that have not come to rest.</param>
/// <param name="Succeeded">Items that succeeded.</param>
/// <param name="SettledAt">When the last of its items that have come to rest did.</param>
public sealed record WaveProgress(int End, int Open, int Succeeded, DateTimeOffset? SettledAt)
{
    internal WaveProgress Move(ItemState before, RunItem item) => this with
    {
        Open = Open + (IsOpen(item.State) ? 1 : 0) - (IsOpen(before) ? 1 : 0),
        Succeeded = Succeeded + (item.State == ItemState.Succeeded ? 1 : 0),
        SettledAt = item.SettledAt > SettledAt || SettledAt is null ? item.SettledAt : SettledAt,
    };

    private static bool IsOpen(ItemState state) => state is ItemState.Pending or ItemState.Running;
}
