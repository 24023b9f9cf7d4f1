namespace QgaOrchestrator.Cli.Hosting;

/// <summary>One line of the help: what a code means. <paramref name="Code"/> may be a range.</summary>
internal sealed record ExitCode(string Code, string Means);

/// <summary>What qgactl ends with. To detach from a run is to be done: the run goes on.</summary>
internal static class ExitCodes
{
    public const int Done = 0;
    /// <summary>The node, the guest or a file refused; a run failed or was aborted.</summary>
    public const int Failed = 1;
    /// <summary>The command line, the config, or the request is wrong (HTTP 400).</summary>
    public const int Usage = 2;
    /// <summary>A run ended within its failure budget; some of several things were done.</summary>
    public const int Partial = 3;
    /// <summary>The node does not answer, or says that the VM does not (HTTP 503).</summary>
    public const int Unreachable = 4;
    /// <summary>vm exec: an error that is not the guest's process's own code.</summary>
    public const int NotTheGuests = 125;

    private static readonly ExitCode
        _usage = new("2", "wrong usage, options or config"),
        _unreachable = new("4", "the node or the VM was not reached");

    public static IReadOnlyList<ExitCode> OfAll { get; } =
        [new("0", "done"), new("1", "failed"), _usage, _unreachable];

    public static IReadOnlyList<ExitCode> OfSeveral { get; } =
        [new("0", "done"), new("1", "failed"), _usage, new("3", "done in part"), _unreachable];

    public static IReadOnlyList<ExitCode> OfRun { get; } =
    [
        new("0", "every VM succeeded, or Ctrl-C stopped the display"),
        new("1", "the run failed or was aborted, or SIGTERM ended qgactl"),
        _usage,
        new("3", "some VMs did not succeed, within --max-failures"),
        _unreachable,
    ];

    public static IReadOnlyList<ExitCode> OfPassword { get; } =
    [
        new("0", "one password, bare on standard output"),
        new("1", "none can be opened, or none is in force"),
        new("2", "wrong usage, options or config, or no key"),
        new("3", "several may be in force: a table, the likeliest first"),
        _unreachable,
    ];

    public static IReadOnlyList<ExitCode> OfFinding { get; } =
        [new("0", "done"), new("1", "failed"), _usage, new("3", "with --fail: something was found"), _unreachable];

    public static IReadOnlyList<ExitCode> OfProcess { get; } =
    [
        new("0-255", "the exit code of the process, or 128 plus the number of the signal that ended it"),
        new("125", "the process did not run, or its end is not known"),
        new("0-4", "with --select: as any run"),
    ];
}
