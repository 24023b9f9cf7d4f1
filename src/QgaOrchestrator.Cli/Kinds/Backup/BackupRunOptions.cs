using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Kinds.Backup;

/// <summary>The options that only a backup has.</summary>
internal static class BackupRunOptions
{
    public const string Target = "target";

    public static IReadOnlyList<RunOption> All { get; } =
    [
        new("method", "METHOD", "full, snapshot, incremental or hook (default: full)", RunOption.Word),
        new(Target, "DIR", "The directory of the points, on the hosts of the VMs (default: points in the data directory)",
            RunOption.Word),
        new("consistency", "HOW", "require, prefer or none (default: require)", RunOption.Word),
        new("groupBy", "LABEL", "Cuts VMs with the same value of this label at one instant", RunOption.Word),
        new("bandwidth", "BYTES/s", "Limit of each disk's copy, for example 50M", RunOption.Bytes),
        new("hook", "NAME", "A storage hook that Freeze.Hooks of the node's config names", RunOption.Word),
    ];
}
