using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Kinds.Exec;

/// <summary>How a process ended: one of the two is set.</summary>
public readonly record struct ExecEnd(long? ExitCode, long? Signal);

/// <summary>Kind exec: one process on each VM, to its end.</summary>
public static class ExecKind
{
    public const string Name = "exec";

    private const string ByCode = "exit code ", BySignal = "ended by signal ";

    public static IReadOnlyList<OptionInfo> Options { get; } =
    [
        new("path", "PROGRAM", null, "the program; without a slash, searched in the guest's PATH, without a shell"),
        new("args", "[ARG,…]", null, "its arguments") { IsForOperators = true },
        new("env", "[NAME=VALUE,…]", null, "its whole environment; without it, the agent's own") { IsSecret = true },
        new("timeout", "TIME", $"{ProcessTimeout.Default:c}", "how long it may take; what still runs then keeps running"),
        new("captureOutput", "true|false", "true", "keep what it writes, up to 16 MiB a stream"),
    ];

    public static readonly RunStep Start = new(
        "start",
        "lets the guest's agent start the process, once",
        "nothing is undone",
        "the result's file says whether the start was sent; then it is never sent again, and the item ends unknown where its "
            + "pid was not seen"
    );

    public static readonly RunStep Wait = new(
        "wait",
        "asks until the process has ended, and keeps its result at once: the agent forgets it",
        "nothing is undone; the process keeps running",
        "asked again by its pid");

    /// <summary>Why this end is no success; null: it is.</summary>
    /// <param name="end">How it ended.</param>
    /// <param name="lastWords">The end of what it said on standard error, where it was captured.</param>
    public static (string Reason, string Remedy)? Judge(ExecEnd end, string? lastWords) => end switch
    {
        { ExitCode: 0 } => null,
        { ExitCode: { } code } =>
            ($"{ByCode}{code}{Said(lastWords)}", "See its output: qgactl run results, with --vm for the whole of it"),
        { Signal: { } signal } =>
            ($"{BySignal}{signal}{Said(lastWords)}", "Look in the guest for what ended it (memory, a time limit, somebody)"),
        _ => ("it ended, and the agent did not say how", "Look in the guest"),
    };

    /// <summary>The same reason without what the process said: that may repeat what it was given.</summary>
    public static string WithoutWords(string reason) =>
        reason.StartsWith(ByCode, StringComparison.Ordinal) || reason.StartsWith(BySignal, StringComparison.Ordinal)
            ? reason.Split(':')[0]
            : reason;

    private static string Said(string? lastWords) => string.IsNullOrWhiteSpace(lastWords) ? "" : $": {lastWords}";
}
