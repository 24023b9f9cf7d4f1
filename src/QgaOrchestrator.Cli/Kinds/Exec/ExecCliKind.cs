using System.CommandLine;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Kinds.Exec;

/// <summary>Kind exec: <c>vm exec</c>.</summary>
internal sealed class ExecCliKind : CliKind
{
    public override KindDisplay Display => ExecDisplay.Instance;

    public override IReadOnlySet<string> PlainOptions { get; } = new HashSet<string> { "timeout", "captureOutput" };

    public override IEnumerable<CliCommand> VmCommands(CliHost host, GlobalOptions global) =>
        [VmExecCommand.Build(host, global)];

    public override bool EndsAsTheGuest(ParseResult parsed) => VmExecCommand.IsForOneVm(parsed);
}
