using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.Exec;

/// <summary>Options of a run of one process. The journal holds them without the environment's values: see <see
/// cref="RunSecrets"/>.</summary>
/// <param name="Path">The program; searched in PATH, without a shell.</param>
/// <param name="Timeout">From its start to its end; what still runs then goes on running.</param>
/// <param name="CaptureOutput">Both streams, up to 16 MiB each (the agent's limit).</param>
/// <param name="Args">Without the program's own name; null: none.</param>
/// <param name="Env">NAME=VALUE each; it replaces the whole environment. Null: the agent's own. In journals of earlier versions
/// only.</param>
/// <param name="EnvNames">The names of an environment whose values are the run's <see cref="RunSecrets"/>.</param>
public sealed record ExecOptions(
    string Path,
    TimeSpan Timeout,
    bool CaptureOutput,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Args = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Env = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? EnvNames = null);

/// <summary>How a process ended: one of the two is set.</summary>
public readonly record struct ExecEnd(long? ExitCode, long? Signal);

/// <summary>Kind exec: one process on each VM, to its end.</summary>
public static class ExecKind
{
    public const string Name = "exec";

    private const string ByCode = "exit code ", BySignal = "ended by signal ";

    public static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(1), LongestTimeout = TimeSpan.FromDays(7);

    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

    public static readonly RunStep Start = new(
        "start",
        "lets the guest's agent start the process, once",
        "nothing is undone",
        "the result's file tells whether it was asked for; then it is never started again, and ends unknown where its pid was "
            + "not seen"
    );

    public static readonly RunStep Wait = new(
        "wait",
        "asks until the process has ended, and keeps its result at once: the agent forgets it",
        "nothing is undone; the process goes on",
        "asked again by its pid");

    public static RunKind Kind { get; } =
        new(
            Name,
            NeedsSelector: true,
            MaxFailures: CountOrPercent.None,
            [Start, Wait],
            ["path", "args", "env", "timeout", "captureOutput"],
            Read
        )
        {
            SecretOptions = ["env"],
            OperatorOptions = ["args"],
            Part = Part,
            EnvNames = options => options.Exec?.EnvNames ?? [],
        };

    /// <summary>The environment's values apart from what is journalled.</summary>
    private static (RunOptions Journalled, RunSecrets? Secrets) Part(RunOptions options) =>
        options.Exec is { Env: { Count: > 0 } env } exec
            ? (
                options with { Exec = exec with { Env = null, EnvNames = [.. env.Select(entry => entry.Split('=')[0])] } },
                new RunSecrets(env)
            )
        : (options, null);

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

    private static RunOptions Read(RunOptions options, RunOptionReader reader)
    {
        var path = reader.Text("path");
        if (string.IsNullOrWhiteSpace(path)) reader.Fail("path", "expected a program, as in /bin/true");
        var env = reader.Texts("env");
        if (env?.FirstOrDefault(entry => entry.IndexOf('=', StringComparison.Ordinal) < 1) is not null)
            reader.Fail("env", "expected NAME=VALUE each");
        return options with
        {
            Exec = new ExecOptions(
                path ?? "",
                reader.Duration("timeout", ShortestTimeout, LongestTimeout) ?? DefaultTimeout,
                reader.Flag("captureOutput", true),
                reader.Texts("args"),
                env
            ),
        };
    }
}
