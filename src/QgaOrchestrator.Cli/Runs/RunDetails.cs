using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>A run for somebody who did not watch it: what was asked, what happened when, the result, what to do next.</summary>
internal static class RunDetails
{
    private const int Indent = 10;

    public static void Write(Screen to, RunReport report, KindDisplays kinds)
    {
        var (run, display) = (report.Run, kinds.Of(report.Run.Kind));
        Line(to, "Asked", string.Join(' ', Asked(run, display, kinds.NameOf(run))));
        Line(to, "Started", $"{to.Time(run.StartedAt)}{(run.StartedBy is { } by ? $" by {by}" : "")}");
        if (run.EndedAt is { } ended) Line(to, "Ended", to.Time(ended));
        WriteWaves(to, report);
        foreach (var (name, text) in display.Facts(report)) Line(to, name, text);
        to.WriteLine();
        FinalTable.Write(to, report, display);
    }

    private static void WriteWaves(Screen to, RunReport report)
    {
        var first = 0;
        foreach (var (wave, i) in (report.Run.Waves ?? []).Select((wave, i) => (wave, i)))
        {
            var items = report.Items.Skip(first).Take(wave.Vms).ToList();
            first += wave.Vms;
            var began = items.Min(item => item.StartedAt);
            var when = wave switch
            {
                { BeginsAt: { } at } => $"begins at {to.Time(at)}, after the previous wave has soaked",
                _ when began is null => RunStates.IsFinal(report.Run.State) ? "never began" : "has not begun",
                { State: WaveStates.Done } =>
                    $"{to.Time(began)} to {to.Time(items.Max(item => item.EndedAt))}: {States(items)}",
                _ => $"since {to.Time(began)}: {States(items)}",
            };
            Line(to, $"Wave {i + 1}", $"{Text.Count(wave.Vms, "VM")}, {when}");
        }
    }

    private static string States(IReadOnlyList<ItemStatus> items) => string.Join(", ", items
        .GroupBy(item => item.State)
        .OrderByDescending(same => same.Count())
        .Select(same => $"{same.Count()} {same.Key}"));

    /// <summary>As the command line would say it again.</summary>
    private static IEnumerable<string> Asked(Run run, KindDisplay display, string name)
    {
        var options = run.Options ?? [];
        yield return name;
        if (display.Work(options) is { } work) yield return work;
        yield return $"of {run.Select ?? "*"}{(run.RetryOf is { } of ? $", to retry {of}" : "")}";
        foreach (var (member, value) in options)
            if (value is not null && !display.WorkMembers.Contains(member) && !IsDefault(member, Value(value), display))
                yield return $"{RunOption.NameOf(member)} {Value(value)}";
    }

    /// <summary>The run's name says that it is a dry run.</summary>
    private static bool IsDefault(string member, string value, KindDisplay display) =>
        value is "" or "false" || member == "dryRun" || display.Defaults.GetValueOrDefault(member) == value;

    private static string Value(JsonNode value) => value switch
    {
        JsonArray list => string.Join(',', list.Select(part => part!.ToString())),
        JsonObject map => string.Join(',', map.Select(part => $"{part.Key}={part.Value}")),
        _ => value.ToString(),
    };

    private static void Line(Screen to, string name, string text)
    {
        var lines = Text.Wrap(text, FinalTable.LineWidth - Indent, "").ToList();
        to.WriteLine(new Painted($"{name,-Indent}", Paint.Heading), lines[0]);
        foreach (var line in lines.Skip(1)) to.WriteLine(new string(' ', Indent) + line);
    }
}
