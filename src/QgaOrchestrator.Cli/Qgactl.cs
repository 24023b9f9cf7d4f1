using System.CommandLine;
using System.CommandLine.Invocation;
using QgaOrchestrator.Cli.Commands;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli;

/// <summary>The command line from its words to its exit code.</summary>
internal static class Qgactl
{
    public static RootCommand Build(CliHost host)
    {
        var global = new GlobalOptions();
        var root = new RootCommand("Backs up fleets of QEMU virtual machines at one consistent instant.")
        {
            VmCommands.Build(host, global),
            BackupCommands.Build(host, global),
            RunCommands.Build(host, global),
            PointCommands.Build(host, global),
            ThawCommand.Build(host, global),
            TokenCommands.Build(host, global),
            AuditCommand.Build(host, global),
            ShellCompletion.Build(host),
        };
        global.AddTo(root);
        ShellCompletion.AddNames(root, global, host);
        return root;
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliHost host, CancellationToken cancel = default)
    {
        host = host with { Out = PlainWriter.Over(host.Out), Error = PlainWriter.Over(host.Error) };
        // No response files: an agent's argument may start with any character.
        var parsed = Build(host).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction or null)
        {
            foreach (var error in parsed.Errors)
                host.Error.WriteLine($"qgactl: {error.Message}");
            host.Error.WriteLine($"  See: {Path(parsed)} --help");
            return Ours(ExitCodes.Usage);
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = PlainWriter.OfManyLines(host.Out),
                Error = PlainWriter.OfManyLines(host.Error),
                EnableDefaultExceptionHandler = false,
                // Signals come as the token: see Interruption.
                ProcessTerminationTimeout = null,
            }, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            host.Error.WriteLine($"qgactl: {(host.IsTerminated() ? "terminated" : "interrupted")}");
            return Ours(ExitCodes.Failed);
        }
        catch (Exception e) when (CliErrors.Report(e, host.Error) is { } code)
        {
            return Ours(code);
        }

        // The codes of vm exec are those of the guest's process: none of them may say something else.
        int Ours(int code) => VmExecCommand.IsForOneVm(parsed) ? ExitCodes.NotTheGuests : code;
    }

    private static string Path(ParseResult parsed)
    {
        var names = new List<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = parsed.CommandResult; at is not null; at = at.Parent)
            if (at is System.CommandLine.Parsing.CommandResult { Command: not RootCommand } command)
                names.Insert(0, command.Command.Name);
        return string.Join(' ', ["qgactl", .. names]);
    }
}
