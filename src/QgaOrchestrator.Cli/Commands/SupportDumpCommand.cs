using System.CommandLine;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Connection;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Support;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>support-dump</c>: what a colleague needs to help, without secrets.</summary>
internal static class SupportDumpCommand
{
    /// <summary>Where the packages put it.</summary>
    private const string UsualConfig = "/etc/qgad/node.json";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var to = new Option<string>("--to")
        {
            Description = "A file that is not there yet, for example support.tar.gz",
            HelpName = "FILE",
            Required = true,
        };
        var command = new CliCommand(
            "support-dump",
            "Writes state, config, logs and metrics of a node to a tar.gz, without secrets and arguments of commands.",
            "qgactl support-dump --to support.tar.gz",
            "qgactl support-dump --context prod --to support.tar.gz"
        ) { to };
        command.Exits = ExitCodes.OfSeveral;
        command.SetAction(async (parsed, cancel) =>
        {
            var hints = global.Hints(parsed);
            var file = Path.GetFullPath(parsed.GetRequiredValue(to));
            if (Path.Exists(file))
                throw new UsageException($"{file} is there already.", "Name a file that is not there yet.");
            int missing;
            try
            {
                missing = await WriteAsync(host, () => global.Connect(parsed, host), hints, file, cancel).ConfigureAwait(false);
            }
            catch when (File.Exists(file))
            {
                // Half a dump keeps the next one from being written.
                File.Delete(file);
                throw;
            }
            if (!global.IsJson(parsed))
                host.Out.WriteLine(
                    $"{file} is written. It names VMs, hosts, users of tokens and addresses; it holds no secret and no argument "
                        + "of a command. Look into it before you send it.");
            if (missing == 0) return ExitCodes.Done;
            host.Error.WriteLine($"qgactl: {missing} parts are missing. summary.txt in the file says which, and why.");
            return ExitCodes.Partial;
        });
        return command;
    }

    /// <returns>How many parts are missing.</returns>
    private static async Task<int> WriteAsync(
        CliHost host, Func<QgaClient> connect, NodeHints hints, string file, CancellationToken cancel)
    {
        await using var archive = new SupportArchive(file, host.Time.GetUtcNow());
        var dump = new SupportDump(host, archive, Patience);
        try
        {
            using var client = connect();
            await dump.AddNodeAsync(client, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (CliErrors.IsForUser(e))
        {
            dump.Miss("all that the node tells", e.Message);
        }
        var config = new NodeLocator(host).ConfigFile(hints) ?? (File.Exists(UsualConfig) ? UsualConfig : null);
        await dump.AddMachineAsync(config, LedgersOf(host, config), cancel).ConfigureAwait(false);
        await dump.FinishAsync(cancel).ConfigureAwait(false);
        return dump.Missing;
    }

    private static IReadOnlyList<string> LedgersOf(CliHost host, string? config)
    {
        try
        {
            return Ledgers.Find(host, config);
        }
        catch (UsageException)
        {
            // A config that cannot be read is told as a missing part.
            return [];
        }
    }
}
