using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Cut.Methods;

namespace QgaOrchestrator.Cli.Kinds.Backup;

/// <summary>The options that only a backup has, on the command line.</summary>
internal static class BackupRunOptions
{
    private static IReadOnlyList<OptionInfo> Known { get; } = KnownBackupOptions.Of(
        CutMethods.Names,
        CutMethods.Options.Select(own => (own.Option.Name, own.Option.Value, own.Option.Help, own.Methods)));

    public static IReadOnlyList<RunOption> All { get; } = [.. Known.Select(RunOption.Of)];

    /// <summary>What holds where nothing is given, by option.</summary>
    public static IReadOnlyDictionary<string, string> Defaults { get; } =
        CommonOptions.Defaults(BackupKind.MaxFailures, Known);
}
