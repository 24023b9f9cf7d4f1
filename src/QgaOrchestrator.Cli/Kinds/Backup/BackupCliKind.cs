using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Kinds.Backup;

/// <summary>Kind backup: <c>backup run</c> and <c>backup check</c>.</summary>
internal sealed class BackupCliKind : CliKind
{
    public override KindDisplay Display => BackupDisplay.Instance;

    public override IReadOnlySet<string> PlainOptions { get; } =
        new HashSet<string> { "method", "target", "consistency", "groupBy", "bandwidth" };

    public override bool HasOwnReasons => true;

    public override IEnumerable<CliCommand> Commands(CliHost host, GlobalOptions global) => [BackupCommands.Build(host, global)];
}
