using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Output;

/// <summary>What a run has come to: a row for each VM, then what went wrong and what to do about it.</summary>
internal static class FinalTable
{
    private const int ReasonWidth = 78;

    public static void Write(TextWriter to, RunReport report, int width)
    {
        var manyHosts = report.Items.Select(item => item.Host).Distinct().Skip(1).Any();
        string Name(RunItem item) => manyHosts ? $"{item.Host}/{item.Vm}" : item.Vm;

        var table = new TextTable("VM", "RESULT", "FROZEN FOR", "CLASS", "SIZE");
        foreach (var item in report.Items)
            table.Add(Name(item), item.State, Text.Milliseconds(item.FrozenMs), item.Class, item.Bytes is { } bytes ? Text.Bytes(bytes) : null);
        table.Write(to, width);

        foreach (var item in report.Items.Where(item => item.Reason is not null || RunBoard.IsTrouble(item)))
        {
            to.WriteLine();
            var where = item.Step is null ? "" : $" in {item.Step}";
            foreach (var line in Text.Wrap($"{Name(item)} {item.State}{where}: {item.Reason ?? "no reason told"}", ReasonWidth, "  "))
                to.WriteLine(line);
            if (item.Remedy is not null)
                foreach (var line in Text.Wrap($"  {item.Remedy}", ReasonWidth, "  "))
                    to.WriteLine(line.StartsWith(' ') ? line : $"  {line}");
        }
        to.WriteLine();
        foreach (var line in Text.Wrap(Summary(report), ReasonWidth, "  "))
            to.WriteLine(line);
    }

    private static string Summary(RunReport report)
    {
        var (run, counts) = (report.Run, report.Run.Items);
        var parts = new List<string> { $"{counts.Succeeded} of {counts.Total} succeeded" };
        foreach (var (count, what) in new[]
        {
            (counts.Failed, ItemStates.Failed), (counts.Unreachable, ItemStates.Unreachable), (counts.Unknown, ItemStates.Unknown),
            (counts.Cancelled, ItemStates.Cancelled), (counts.Running, ItemStates.Running), (counts.Pending, ItemStates.Pending),
        })
            if (count > 0)
                parts.Add($"{count} {what}");
        var size = report.Items.Sum(item => item.Bytes ?? 0);
        if (size > 0)
            parts.Add(Text.Bytes(size));
        if (run is { StartedAt: { } started, EndedAt: { } ended })
            parts.Add($"in {Text.Span(ended - started)}");
        return $"Run {run.Id} {run.State}: {string.Join(", ", parts)}."
            + (run.Reason is null ? "" : $" {run.Reason}");
    }
}
