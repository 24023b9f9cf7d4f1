using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Runs;

/// <summary>Waves: the canary, then cumulative steps. The next one begins when the one before has ended and has soaked.</summary>
public static class Waves
{
    /// <summary>The index behind each wave's last item, rising, the last one all. No group is split: its wave grows.</summary>
    public static IReadOnlyList<int> Ends(RunOptions options, IReadOnlyList<RunItem> items)
    {
        var wanted = new[] { options.Canary }.Concat((options.Waves ?? []).Select(wave => (CountOrPercent?)wave))
            .OfType<CountOrPercent>().Select(amount => Math.Max(1, amount.Of(items.Count)));
        return [.. wanted.Select(end => Whole(items, Math.Min(end, items.Count))).Append(items.Count).Order().Distinct()];
    }

    /// <summary>The wave that may begin or is under way at this time, and when it begins where it still soaks.</summary>
    public static (int Wave, DateTimeOffset? BeginsAt) Current(RunState state, DateTimeOffset now)
    {
        var wave = 0;
        DateTimeOffset? last = null;
        foreach (var item in state.Items)
        {
            while (item.Index >= state.WaveEnds[wave])
            {
                wave++;
                var begins = last is { } ended ? Duration.After(ended, Soak(state.Options)) : (DateTimeOffset?)null;
                if (begins > now) return (wave, begins);
            }
            if (item.State is ItemState.Pending or ItemState.Running) return (wave, null);
            if (last is null || item.SettledAt > last) last = item.SettledAt;
        }
        return (wave, null);
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
        var wave = Turn(state.WaveEnds, counts);
        return wave > 0 && state.WaveEnds[wave - 1] == counts.Total - counts.Pending
            && state.Items.Take(state.WaveEnds[wave - 1]).Max(item => item.SettledAt) is { } ended
            ? Duration.After(ended, soak)
            : null;
    }

    /// <summary>A dry run has changed nothing that would have to prove itself.</summary>
    private static TimeSpan Soak(RunOptions options) => options.DryRun ? TimeSpan.Zero : options.Soak ?? TimeSpan.Zero;

    /// <summary>The canary has ended, and not one of it succeeded.</summary>
    public static bool CanaryFailed(RunState state) =>
        state is { Options.Canary: not null, WaveEnds.Count: > 1 }
        && state.Items.Take(state.WaveEnds[0]).All(
            item => item.State is not (ItemState.Pending or ItemState.Running or ItemState.Succeeded));

    private static int Whole(IReadOnlyList<RunItem> items, int end)
    {
        while (end > 0 && end < items.Count && items[end].Group is { } group && items[end - 1].Group == group) end++;
        return end;
    }
}
