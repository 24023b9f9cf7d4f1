using System.CommandLine;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>audit verify</c>: whether the log still says what was written.</summary>
internal static class AuditVerifyCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var head = new Option<string>("--head")
        {
            Description = "Also checks that a head you noted is still in the chain",
            HelpName = "HASH",
        };
        var command = new CliCommand(
            "verify",
            "Checks the hash chain of the audit log: whether every entry is as it was written.",
            "qgactl audit verify",
            "qgactl audit verify --head 3f9c1a"
        ) { head };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            return await VerifyAsync(host, client, parsed.GetValue(head), global.IsJson(parsed), cancel).ConfigureAwait(false);
        });
        return command;
    }

    public static async Task<int> VerifyAsync(
        CliHost host, QgaClient client, string? head, bool json, CancellationToken cancel)
    {
        var chain = await client.CheckAuditAsync(head, cancel).ConfigureAwait(false);
        var lost = head is not null && chain.Noted is null;
        if (json)
            CliJson.Write(host.Out, chain);
        if (chain.Broken is { } broken)
            CliErrors.Write(
                host.Error,
                $"Entry {broken} was changed or removed. The {Text.Count(chain.Entries, "entry", "entries")} before it are as "
                    + $"they were written.",
                "Compare the entries around it with a copy of audit.db: qgactl audit --limit 1000000."
            );
        else if (lost)
            CliErrors.Write(
                host.Error,
                $"The head that you noted is not in the chain of {Text.Count(chain.Entries, "entry", "entries")}: entries were "
                    + $"cut off, or forged from some entry on"
                    + (
                        chain.KeptFrom is { } from
                            ? $"; or it is from before {host.Screen.Time(from)}, and was removed (Store.Keep)."
                            : "."
                    ),
                "Compare with a copy of audit.db, or with the entries that you have elsewhere."
            );
        else if (!json)
            host.Out.WriteLine(
                $"{Text.Count(chain.Entries, "entry", "entries")}, each as it was written. Head: {chain.Head}"
                    + (
                        chain.Noted is { } noted
                            ? $"\nThe head that you noted is entry {noted}; "
                                + $"{Text.Count(chain.First - 1 + chain.Entries - noted, "entry", "entries")} came after it."
                            : ""
                    )
                    + (
                        chain.KeptFrom is { } since
                            ? $"\nEntry {chain.First} is the first: those from before {host.Screen.Time(since)} "
                                + $"were removed (Store.Keep)."
                            : ""
                    )
            );
        return chain.Broken is not null || lost ? ExitCodes.Failed : ExitCodes.Done;
    }
}
