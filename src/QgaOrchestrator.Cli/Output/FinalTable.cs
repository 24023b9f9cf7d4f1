using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Output;

/// <summary>What a run has come to: a row for each VM, then what went wrong and what to do about it.</summary>
internal static class FinalTable
{
    public const int LineWidth = 78;

    /// <summary>A table of more rows is not read: then only who did not succeed has one.</summary>
    private const int MostRows = 50;

    public static void Write(TextWriter to, RunReport report, int width)
    {
        WriteRows(to, report, width);
        WriteTroubles(to, report);
        to.WriteLine();
        Paragraph(to, Summary(report), "");
        if (Next(report.Run) is { } next) to.WriteLine(next);
    }

    public static void WriteRows(TextWriter to, RunReport report, int width)
    {
        var items = report.Items;
        if (items.Count > MostRows) items = [.. items.Where(item => item.State != ItemStates.Succeeded).Take(MostRows)];
        var grouped = items.Any(item => item.Group is not null);
        var backup = Text.Kind(report.Run) == KindNames.Backup;
        var table = new TextTable([
            .. grouped ? ["VM", "GROUP"] : (string[])["VM"],
            "RESULT",
            .. backup ? ["FROZEN FOR", "CLASS", "SIZE"] : (string[])[],
        ]);
        foreach (var item in items)
        {
            table.Add([
                .. grouped ? [report.NameOf(item), item.Group] : (string?[])[report.NameOf(item)],
                item.State,
                .. backup
                    ? [Text.Milliseconds(item.FrozenMs), item.Class, item.Bytes is { } bytes ? Text.Bytes(bytes) : null]
                    : (string?[])[],
            ]);
        }
        if (items.Count > 0) table.Write(to, width);
        if (items.Count < report.Items.Count)
            to.WriteLine(
                $"{report.Items.Count - items.Count} of {report.Items.Count} VMs are left out here: -o json shows them all.");
    }

    public static void WriteTroubles(TextWriter to, RunReport report)
    {
        foreach (var trouble in Trouble.Of(report.Items, report.NameOf))
        {
            to.WriteLine();
            Paragraph(to, trouble.Sentence, "");
            if (trouble.Who is { } who) Paragraph(to, who, "  ");
            if (trouble.Like.Remedy is { } remedy) Paragraph(to, remedy, "  ");
        }
    }

    public static string Summary(RunReport report)
    {
        var (run, counts) = (report.Run, report.Run.Items);
        var parts = new List<string> { $"{counts.Succeeded} of {counts.Total} succeeded" };
        foreach (var (count, what) in new[]
        {
            (counts.Failed, ItemStates.Failed), (counts.Unreachable, ItemStates.Unreachable), (
                counts.Unknown, ItemStates.Unknown),
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

    /// <summary>The command that most want now; null: none.</summary>
    public static string? Next(Run run) => run.State switch
    {
        RunStates.Paused or RunStates.Pausing => $"Let it go on: qgactl run resume {run.Id}",
        var state when !RunStates.IsFinal(state) => $"Watch it: qgactl run watch {run.Id}",
        _ when run.Items.Succeeded < run.Items.Total =>
            $"Try the other {(run.Items.Total - run.Items.Succeeded is var left and > 1 ? $"{left} VMs" : "VM")} again: qgactl "
                + $"run retry {run.Id}",
        _ => null,
    };

    private static void Paragraph(TextWriter to, string text, string indent)
    {
        foreach (var line in Text.Wrap(text, LineWidth - indent.Length, indent.Length == 0 ? "  " : ""))
            to.WriteLine(indent + line);
    }
}
