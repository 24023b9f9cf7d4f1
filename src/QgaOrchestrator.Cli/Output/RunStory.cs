using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Commands;

namespace QgaOrchestrator.Cli.Output;

/// <summary>A run told to someone who was asleep: what was asked, what happened when, what it came to, what to do next.</summary>
internal static class RunStory
{
    private const int Indent = 10;

    private static readonly JsonSerializerOptions _asTyped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What is not worth a word, since it holds where nothing is said.</summary>
    private static readonly Dictionary<string, string> _defaults = new()
    {
        ["maxParallel"] = "50",
        ["maxFailures"] = "100%",
        ["maxUnreachable"] = "100%",
        ["method"] = "full",
        ["consistency"] = "require",
    };

    public static void Write(TextWriter to, RunReport report, int width)
    {
        var run = report.Run;
        Line(
            to,
            "Asked",
            $"{Text.Kind(run)}{(Work(run.Options) is { } work ? $" {work}" : "")} of {run.Select ?? "*"}{(run.RetryOf is { } of ? $", to retry {of}" : "")} {Asked(run.Options)}".TrimEnd()
        );
        Line(to, "Started", $"{Text.Time(run.StartedAt)}{(run.StartedBy is { } by ? $" by {by}" : "")}");
        if (run.EndedAt is { } ended) Line(to, "Ended", Text.Time(ended));
        WriteWaves(to, report);
        if (Frozen(report) is { } frozen) Line(to, "Frozen", frozen);
        if (Points(report.Items) is { Length: > 0 } points) Line(to, "Points", points);
        to.WriteLine();
        FinalTable.Write(to, report, width);
    }

    private static void WriteWaves(TextWriter to, RunReport report)
    {
        var first = 0;
        foreach (var (wave, i) in (report.Run.Waves ?? []).Select((wave, i) => (wave, i)))
        {
            var items = report.Items.Skip(first).Take(wave.Vms).ToList();
            first += wave.Vms;
            var began = items.Min(item => item.StartedAt);
            var when = wave switch
            {
                { BeginsAt: { } at } => $"begins at {Text.Time(at)}, when the wave before it has soaked",
                _ when began is null => RunStates.IsFinal(report.Run.State) ? "never began" : "has not begun",
                { State: WaveStates.Done } =>
                    $"{Text.Time(began)} to {Text.Time(items.Max(item => item.EndedAt))}: {States(items)}",
                _ => $"since {Text.Time(began)}: {States(items)}",
            };
            Line(to, $"Wave {i + 1}", $"{Text.Count(wave.Vms, "VM")}, {when}");
        }
    }

    private static string States(IReadOnlyList<ItemStatus> items) =>
        string.Join(
            ", ",
            items.GroupBy(item => item.State).OrderByDescending(same => same.Count()).Select(same => $"{same.Count()} {same.Key}")
        );

    private static string? Frozen(RunReport report)
    {
        var frozen = report.Items.Where(item => item.FrozenMs is not null).OrderBy(item => item.FrozenMs).ToList();
        return frozen.Count == 0
            ? null
            : $"{Text.Count(frozen.Count, "guest")}: half of them for {At(0.5)} or less, 99 % for {At(0.99)} or less, "
                + $"the longest for {At(1)} ({report.NameOf(frozen[^1])})";

        string At(double part) => Text.Milliseconds(frozen[(int)Math.Ceiling(part * frozen.Count) - 1].FrozenMs);
    }

    private static string Points(IReadOnlyList<ItemStatus> items) => string.Join(", ", items
        .Where(item => item.Point is not null)
        .GroupBy(item => item.Class ?? "unknown")
        .OrderByDescending(same => same.Count())
        .Select(same => $"{same.Count()} of class {same.Key}"));

    /// <summary>What a run of kind command or exec does; null of another.</summary>
    private static string? Work(JsonObject? options) => options switch
    {
        { } when options["command"] is { } command =>
            $"{command}{(options["arguments"] is JsonObject { Count: > 0 } given ? $" {given.ToJsonString(_asTyped)}" : "")}",
        { } when options["path"] is { } path =>
            string.Join(' ', [$"{path}", .. (options["args"] as JsonArray ?? []).Select(word => Quoted($"{word}"))]),
        _ => null,
    };

    private static string Quoted(string word) =>
        word.Length > 0 && !word.Any(c => char.IsWhiteSpace(c) || c is '\'' or '"' or '$' or ';' or '|' or '&')
        ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>As the command line would say it again.</summary>
    private static string Asked(JsonObject? options) => options is null ? "" : string.Join(' ', RunOptionSet.Backup
        .Where(option => options[option.Member] is { } value && Value(value) != _defaults.GetValueOrDefault(option.Member))
        .Select(option => $"{option.Name} {Value(options[option.Member]!)}"));

    private static string Value(JsonNode value) => value switch
    {
        JsonArray list => string.Join(',', list.Select(part => part!.ToString())),
        JsonObject map => string.Join(',', map.Select(part => $"{part.Key}={part.Value}")),
        _ => value.ToString(),
    };

    private static void Line(TextWriter to, string name, string text)
    {
        var lines = Text.Wrap(text, FinalTable.LineWidth - Indent, "").ToList();
        to.WriteLine($"{name,-Indent}{lines[0]}");
        foreach (var line in lines.Skip(1))
            to.WriteLine(new string(' ', Indent) + line);
    }
}
