using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>What a run's VMs gave back, for people.</summary>
internal static class ResultView
{
    public static void WriteList(Screen to, IReadOnlyList<RunResult> results)
    {
        var table = new TextTable("VM", "RESULT", "EXIT", "OUTPUT");
        foreach (var result in results)
            table.Add(result.Vm, Painted.State(result.State), Exit(result), FirstLine(result));
        table.Write(to);
    }

    /// <summary>Equal ends and outputs together.</summary>
    public static void WriteGroups(Screen to, IReadOnlyList<RunResult> results)
    {
        foreach (
            var equal in results.GroupBy(Likeness).OrderByDescending(group => group.Count()).ThenBy(group => group.First().Index)
        )
        {
            var first = equal.First();
            to.WriteLine($"{Text.Count(equal.Count(), "VM")}: {string.Join(", ", equal.Select(result => result.Vm))}");
            to.WriteLine(
                $"  {first.State}{(Exit(first) is { } exit ? $", exit {exit}" : "")}"
                    + (first.Reason is { } reason ? $": {reason}" : "")
            );
            foreach (var (name, stream) in first.Streams.OrderBy(stream => stream.Key == "err"))
            {
                foreach (var line in Lines(stream))
                    to.WriteLine($"  {(name == "err" ? "! " : "")}{line}");
                if (Cut(stream) is { } cut) to.WriteLine($"  ({name} {cut})");
                if (stream.Bytes > ResultStream.TextBytes)
                    to.WriteLine($"  (the first 4 KiB of {Text.Bytes(stream.Bytes)}; with --vm the whole)");
            }
            to.WriteLine();
        }
    }

    /// <summary>Some of a stream was dropped; null: it is whole.</summary>
    public static string? Cut(ResultStream stream) => stream switch
    {
        { Truncated: false } => null,
        { Bytes: 0 } => "was not kept: this host's results fill their 1 GiB",
        _ => $"is cut: the agent keeps 16 MiB of it, and {Text.Bytes(stream.Bytes)} are here",
    };

    private static string Likeness(RunResult result) =>
        string.Join(
            '|',
            [
                result.State,
                Exit(result) ?? result.Reason,
                .. result
                    .Streams.OrderBy(stream => stream.Key)
                    .Select(stream => $"{stream.Key} {stream.Value.Sha256} {stream.Value.Truncated}"),
            ]
        );

    private static string? Exit(RunResult result) => result switch
    {
        { ExitCode: { } code } => $"{code}",
        { Signal: { } signal } => $"signal {signal}",
        _ => null,
    };

    /// <summary>Of who failed why, which holds the last that it said.</summary>
    private static string? FirstLine(RunResult result) => result switch
    {
        { Reason: { } reason } => reason,
        _ when result.Streams.Values.Any(stream => stream.Truncated) => $"{FirstSaid(result)} (cut)".TrimStart(),
        _ => FirstSaid(result),
    };

    private static string? FirstSaid(RunResult result) =>
        result.Streams.OrderBy(stream => stream.Key == "err").SelectMany(stream => Lines(stream.Value))
            .FirstOrDefault(line => line.Length > 0);

    private static IEnumerable<string> Lines(ResultStream stream) =>
        stream.Text.TrimEnd('\n').Split('\n').Select(line => line.TrimEnd('\r'));
}
