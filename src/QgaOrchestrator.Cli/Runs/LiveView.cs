using System.Globalization;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>The lines that show a run while it goes on, never wider than the terminal.</summary>
internal static class LiveView
{
    private const int BarWidth = 30;
    private const int ItemBarWidth = 16;
    private const int FailuresShown = 3;

    public static IReadOnlyList<string> Render(
        RunBoard board, KindDisplays kinds, DateTimeOffset now, int width, int height)
    {
        if (board.Run is not { } run)
            return [board.Lost is { } lost ? TextWidth.Fit($"no connection: {lost}", width) : "waiting for the node"];
        List<string> lines =
        [
            Summary(run, kinds.NameOf(run), board.Done),
            Overall(board, run, now),
            .. board.WaveLine(now) is { } wave ? [wave] : Array.Empty<string>(),
            Frozen(board, now, width),
            .. run.Reason is { } reason ? [reason] : Array.Empty<string>(),
        ];
        var failures = Failures(board).ToList();
        lines.AddRange(Items(board.Progress?.Items ?? [], Math.Max(1, height - lines.Count - failures.Count - 2), width));
        lines.AddRange(failures);
        if (board.Lost is { } gone)
            lines.Add($"no connection, trying again: {gone}");
        return [.. lines.Select(line => TextWidth.Fit(line, width))];
    }

    /// <summary>The most frequent ways to fail, each with its remedy.</summary>
    private static IEnumerable<string> Failures(RunBoard board)
    {
        foreach (var failure in FailureGroup.Of(board.Failures.Values, item => item.Vm).Take(FailuresShown))
        {
            yield return failure.Sentence;
            if (failure.Like.Remedy is { } remedy)
                yield return $"  {remedy}";
        }
    }

    private static string Summary(Run run, string name, int done)
    {
        var counts = run.Items;
        string[] parts =
        [
            $"{done}/{counts.Total} done",
            .. counts.Failed > 0 ? [$"{counts.Failed} failed"] : Array.Empty<string>(),
            .. counts.Unreachable > 0 ? [$"{counts.Unreachable} unreachable"] : Array.Empty<string>(),
            .. counts.Unknown > 0 ? [$"{counts.Unknown} unknown"] : Array.Empty<string>(),
            $"{counts.Running} running",
        ];
        return $"{name} {run.Id} {run.State}: {string.Join(", ", parts)}";
    }

    private static string Overall(RunBoard board, Run run, DateTimeOffset now)
    {
        // Half a copy is half an item: on a small fleet a bar of whole items stands still for minutes.
        var underWay = (board.Progress?.Items ?? []).Sum(item => item.Total > 0 ? (double)item.Copied / item.Total : 0);
        var part = run.Items.Total == 0 ? 0 : (board.Done + underWay) / run.Items.Total;
        var rate = board.Progress is { Rate: > 0 } progress ? $"{Text.Bytes(progress.Rate)}/s" : "-";
        if (board.PerMinute(now) is { } vms) rate += string.Create(CultureInfo.InvariantCulture, $", {vms:0.#} VMs/min");
        var left = board.TimeLeft(now) is { } time ? $"{Text.Span(time)} left" : "time left unknown";
        return $"{Text.Bar(part, BarWidth)} {Math.Clamp((int)(part * 100), 0, 100),3}%  {rate}, {left}";
    }

    private static string Frozen(RunBoard board, DateTimeOffset now, int width)
    {
        var frozen = board.FrozenAt(now).ToList();
        return TextWidth.Fit("frozen now" + (frozen.Count == 0
            ? ": none"
            : $" ({frozen.Count}): {string.Join(", ", frozen.Select(item => $"{item.Vm} {Text.Milliseconds(item.Ms)}"))}"
        ),
width
        );
    }

    private static IEnumerable<string> Items(IReadOnlyList<VmProgress> items, int room, int width)
    {
        var shown = items.Count <= room ? items.Count : room - 1;
        var name = Math.Clamp(
            items.Take(shown).Select(item => TextWidth.Of(item.Vm)).DefaultIfEmpty(0).Max(), 8, Math.Max(8, width - 56));
        foreach (var item in items.Take(shown))
        {
            var copied = item.Note is { } note ? note : item.Total == 0
                ? ""
                : $"{Text.Bar((double)item.Copied / item.Total, ItemBarWidth)} {Text.Bytes(item.Copied)} of "
                    + $"{Text.Bytes(item.Total)}";
            yield return $"  {TextWidth.Pad(TextWidth.Fit(item.Vm, name), name)}  {item.Step,-8} {copied}".TrimEnd();
        }
        if (shown < items.Count)
            yield return $"  and {items.Count - shown} more";
    }
}
