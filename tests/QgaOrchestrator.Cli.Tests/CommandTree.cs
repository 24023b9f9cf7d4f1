using System.CommandLine;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>The real commands of qgactl.</summary>
internal static class CommandTree
{
    public static RootCommand Root() =>
        Qgactl.Build(new CliHost(TextReader.Null, TextWriter.Null, TextWriter.Null, _ => null, new ManualTime()));

    /// <summary>Those that do something.</summary>
    public static IEnumerable<CliCommand> Leaves() => Leaves(Root());

    private static IEnumerable<CliCommand> Leaves(Command command) =>
    [
        .. command is CliCommand { Action: not null } own ? [own] : (CliCommand[])[],
        .. command.Subcommands.SelectMany(Leaves),
    ];
}
