namespace QgaOrchestrator.Core.Runs;

/// <summary>Waves: the canary, then cumulative steps. The next one begins when the one before has ended and has soaked.</summary>
public static class Waves
{
    /// <summary>The index behind each wave's last item, rising, the last one all. No group is split: its wave grows.</summary>
    public static IReadOnlyList<int> Ends(RunOptions options, IReadOnlyList<RunItem> items)
    {
        var wanted = new[] { options.Canary }.Concat((options.Waves ?? []).Select(wave => (Amount?)wave))
            .OfType<Amount>().Select(amount => Math.Max(1, amount.Of(items.Count)));
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
                var begins = last + (state.Options.Soak ?? TimeSpan.Zero);
                if (begins > now) return (wave, begins);
            }
            if (item.State is ItemState.Pending or ItemState.Running) return (wave, null);
            if (last is null || item.SettledAt > last) last = item.SettledAt;
        }
        return (wave, null);
    }

    /// <summary>The canary has ended, and not one of it succeeded.</summary>
    public static bool CanaryFailed(RunState state) =>
        state is { Options.Canary: not null, WaveEnds.Count: > 1 }
        && state.Items.Take(state.WaveEnds[0]).All(item => item.State is not (ItemState.Pending or ItemState.Running or ItemState.Succeeded));

    private static int Whole(IReadOnlyList<RunItem> items, int end)
    {
        while (end > 0 && end < items.Count && items[end].Group is { } group && items[end - 1].Group == group) end++;
        return end;
    }
}
