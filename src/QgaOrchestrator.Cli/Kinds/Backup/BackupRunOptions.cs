using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Qemu.Cut.Methods;

namespace QgaOrchestrator.Cli.Kinds.Backup;

/// <summary>The options that only a backup has.</summary>
internal static class BackupRunOptions
{
    public const string Target = "target";

    public static IReadOnlyList<RunOption> All { get; } =
    [
        new("method", "METHOD", $"{Methods} (default: {CutMethods.Default})", RunOption.Word),
        new(Target, "DIR", "The directory of the points, on the hosts of the VMs (default: points in the data directory)",
            RunOption.Word),
        new("consistency", "HOW", "require, prefer or none (default: require)", RunOption.Word),
        new("groupBy", "LABEL", "Cuts VMs with the same value of this label at one instant", RunOption.Word),
        new("bandwidth", "BYTES/s", "Limit of each disk's copy, for example 50M", RunOption.Bytes),
        .. CutMethods.Options.Select(own => new RunOption(
            own.Option.Name, own.Option.Value, Text.Sentence(own.Option.Help), RunOption.Word)),
    ];

    private static string Methods => string.Join(", ", CutMethods.Names.SkipLast(1)) + $" or {CutMethods.Names[^1]}";
}
