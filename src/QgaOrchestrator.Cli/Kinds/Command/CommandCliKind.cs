using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Kinds.Command;

/// <summary>Kind command: <c>run command</c>.</summary>
internal sealed class CommandCliKind : CliKind
{
    public override KindDisplay Display => CommandDisplay.Instance;

    public override IReadOnlySet<string> PlainOptions { get; } = new HashSet<string> { "command" };

    public override ISelectedCalls SelectedCalls { get; } = new CommandRun();

    public override IEnumerable<CliCommand> RunCommands(CliHost host, GlobalOptions global) =>
        [CommandRunCommand.Build(host, global)];
}
