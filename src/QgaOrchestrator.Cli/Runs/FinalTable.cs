using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>The result of a run: a row for each VM, then each failure with what to do about it.</summary>
internal static class FinalTable
{
    public const int LineWidth = 78;

    /// <summary>Nobody reads a longer table: it then has only the VMs that did not succeed.</summary>
    private const int MostRows = 50;

    public static void Write(Screen to, RunReport report, KindDisplay display)
    {
        WriteRows(to, report, display);
        WriteFailures(to, report);
        to.WriteLine();
        Paragraph(to, Summary(report, display), "");
        if (Next(report.Run) is { } next) to.WriteLine(next);
    }

    public static void WriteRows(Screen to, RunReport report, KindDisplay display)
    {
        var items = report.Items;
        if (items.Count > MostRows) items = [.. items.Where(item => item.State != ItemStates.Succeeded).Take(MostRows)];
        var columns = display.ColumnsOf(report.Run);
        var hasGroups = items.Any(item => item.Group is not null);
        var hasReasons = items.Any(item => item.Reason is not null);
        var table = new TextTable([
            "VM",
            .. hasGroups ? ["GROUP"] : (string[])[],
            "RESULT",
            .. columns.Select(column => column.Header),
            .. hasReasons ? ["REASON"] : (string[])[],
        ]);
        foreach (var item in items)
            table.Add([
                report.NameOf(item),
                .. hasGroups ? [item.Group] : (Painted[])[],
                Painted.State(item.State),
                .. columns.Select(column => (Painted)column.Cell(item)),
                .. hasReasons ? [item.Reason] : (Painted[])[],
            ]);
        if (items.Count > 0) table.Write(to);
        if (items.Count < report.Items.Count)
            to.WriteLine($"{report.Items.Count - items.Count} of {report.Items.Count} VMs are not shown: -o json shows all.");
    }

    public static void WriteFailures(Screen to, RunReport report)
    {
        foreach (var failure in FailureGroup.Of(report.Items, report.NameOf))
        {
            to.WriteLine();
            Paragraph(to, failure.Sentence, "");
            if (failure.Who is { } who) Paragraph(to, who, "  ");
            if (failure.Like.Remedy is { } remedy) Paragraph(to, remedy, "  ");
        }
    }

    public static string Summary(RunReport report, KindDisplay display)
    {
        var (run, counts) = (report.Run, report.Run.Items);
        (int Count, string State)[] others =
        [
            (counts.Failed, ItemStates.Failed),
            (counts.Unreachable, ItemStates.Unreachable),
            (counts.Unknown, ItemStates.Unknown),
            (counts.Cancelled, ItemStates.Cancelled),
            (counts.Running, ItemStates.Running),
            (counts.Pending, ItemStates.Pending),
        ];
        var parts = new List<string> { $"{counts.Succeeded} of {counts.Total} succeeded" };
        parts.AddRange(others.Where(other => other.Count > 0).Select(other => $"{other.Count} {other.State}"));
        if (display.Total(report) is { } total) parts.Add(total);
        if (run is { StartedAt: { } started, EndedAt: { } ended }) parts.Add($"in {Text.Span(ended - started)}");
        return $"Run {run.Id} {run.State}: {string.Join(", ", parts)}." + (run.Reason is null ? "" : $" {run.Reason}");
    }

    /// <summary>The command that most people want next; null: none.</summary>
    public static string? Next(Run run) => run.State switch
    {
        RunStates.Paused or RunStates.Pausing => $"Resume it: qgactl run resume {run.Id}",
        var state when !RunStates.IsFinal(state) => $"Watch it: qgactl run watch {run.Id}",
        _ when run.Items.Total - run.Items.Succeeded is > 0 and var left =>
            $"Retry the {(left > 1 ? $"{left} VMs" : "VM")} that did not succeed: qgactl run retry {run.Id}",
        _ => null,
    };

    private static void Paragraph(Screen to, string text, string indent)
    {
        foreach (var line in Text.Wrap(text, LineWidth - indent.Length, indent.Length == 0 ? "  " : ""))
            to.WriteLine(indent + line);
    }
}
