using System.CommandLine;
using System.CommandLine.Help;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Commands;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Kinds;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Passwords;

namespace QgaOrchestrator.Cli;

/// <summary>The command line from its words to its exit code.</summary>
internal static class Qgactl
{
    public static RootCommand Build(CliHost host)
    {
        var global = new GlobalOptions();
        var root = new RootCommand("Backs up fleets of QEMU virtual machines at one consistent instant.")
        {
            VmCommands.Build(host, global, KindCommands.All.SelectMany(kind => kind.VmCommands(host, global))),
        };
        foreach (var command in KindCommands.All.SelectMany(kind => kind.Commands(host, global))) root.Add(command);
        foreach (var command in PasswordCommands.Build(
            host, global, KindCommands.All.SelectMany(kind => kind.PasswordCommands(host, global))))
            root.Add(command);
        root.Add(RunCommands.Build(host, global, KindCommands.All.SelectMany(kind => kind.RunCommands(host, global))));
        root.Add(PointCommands.Build(host, global));
        root.Add(ThawCommand.Build(host, global));
        root.Add(HostCommands.Build(host, global));
        root.Add(TokenCommands.Build(host, global));
        root.Add(AuditCommand.Build(host, global));
        root.Add(SupportDumpCommand.Build(host, global));
        root.Add(ContextCommands.Build(host, global));
        root.Add(ShellCompletion.Build(host));
        global.AddTo(root);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Description = "Shows help";
        help.Action = new HelpText(() => host.Screen, [.. root.Options]);
        root.Options.OfType<VersionOption>().Single().Description = "Shows the version";
        ShellCompletion.AddNames(root, global, host);
        return root;
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CliHost host, CancellationToken cancel = default)
    {
        host = host with
        {
            Out = PlainWriter.Over(host.Out),
            Error = PlainWriter.Over(host.Error),
            Kinds = KindCommands.Displays,
        };
        // No response files: an agent's argument may start with any character.
        var parsed = Build(host)
            .Parse(OldSpellings.Replaced(arguments), new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (UsageErrors.Of(parsed) is { Count: > 0 } errors)
        {
            foreach (var error in errors) CliErrors.Write(host.Error, error.Message, error.Remedy);
            host.Error.WriteLine($"  See: {CliCommand.PathOf(parsed.CommandResult.Command)} --help");
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

        int Ours(int code) => KindCommands.All.Any(kind => kind.EndsAsTheGuest(parsed)) ? ExitCodes.NotTheGuests : code;
    }
}
