using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>Who did what, and whether the log still says what was written.</summary>
internal static class AuditCommand
{
    private const int Usual = 100;

    /// <summary>What a node answers at once at the most.</summary>
    private const int Page = 1000;

    public static Command Build(CliHost host, GlobalOptions global)
    {
        var since = TimeOption.Of("--since", "Only entries since this time");
        var vm = new Option<string>("--vm") { Description = "Only this VM", HelpName = "VM" };
        var run = new Option<string>("--run") { Description = "Only this run", HelpName = "ID" };
        var who = new Option<string>("--who")
        {
            Description = "Only entries of this token, or of nobody, node, watchdog or qgactl",
            HelpName = "NAME",
        };
        var limit = new Option<int>("--limit")
        {
            Description = $"At most this many, the newest ({Usual})",
            HelpName = "N",
            DefaultValueFactory = static _ => Usual,
            CustomParser = Count,
        };
        var verify = new Option<bool>("--verify")
        {
            Description = "Checks the hash chain: whether every entry is as it was written",
        };
        var head = new Option<string>("--head")
        {
            Description = "With --verify: checks that a head you noted is still in the chain",
            HelpName = "HASH",
        };
        var command = new Command("audit", "Shows who did what, newest first.") { since, vm, run, who, limit, verify, head };
        command.Validators.Add(result =>
        {
            if (result.GetValue(head) is not null && !result.GetValue(verify))
                result.AddError("--head: it goes with --verify.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            if (parsed.GetValue(verify))
                return await VerifyAsync(host, client, parsed.GetValue(head), global.IsJson(parsed), cancel)
                    .ConfigureAwait(false);
            var filter = new AuditFilter(
                parsed.GetValue(vm),
                parsed.GetValue(run),
                parsed.GetValue(who),
                parsed.GetValue(since)
            );
            var most = parsed.GetValue(limit);
            DateTimeOffset? kept = null;
            var told = await client.ListAuditAsync(filter, Math.Min(most, Page), from => kept = from, cancel).Take(most)
                .ToListAsync(cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, new Page<AuditRecord>(told, null) { KeptFrom = kept });
            else
                Write(host, told, kept);
            return ExitCodes.Done;
        });
        return command;
    }

    private static int Count(ArgumentResult result)
    {
        if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0)
            return count;
        result.AddError($"--limit: '{result.Tokens[0].Value}' is not a number from 1 on.");
        return 0;
    }

    private static void Write(CliHost host, IReadOnlyList<AuditRecord> told, DateTimeOffset? kept)
    {
        var table = new TextTable("NUMBER", "AT", "WHO", "FROM", "WHAT", "VM", "OUTCOME", "RUN", "DETAIL");
        foreach (var entry in told)
            table.Add($"{entry.Number}", Text.Time(entry.At), entry.Who, entry.From, entry.What, entry.Vm,
                entry.Code is null ? entry.Outcome : $"{entry.Outcome}: {entry.Code}", entry.Run, entry.Detail);
        table.Write(host.Out, host.TableWidth);
        if (kept is { } since) host.Error.WriteLine($"Entries are kept from {Text.Time(since)} on (Store.Keep).");
    }

    private static async Task<int> VerifyAsync(CliHost host, QgaClient client, string? head, bool json, CancellationToken cancel)
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
                            ? $"; or it is from before {Text.Time(from)}, and was removed (Store.Keep)."
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
                            ? $"\nEntry {chain.First} is the first that is kept: older ones, from before {Text.Time(since)}, "
                                + $"were removed (Store.Keep)."
                            : ""
                    )
            );
        return chain.Broken is not null || lost ? ExitCodes.Failed : ExitCodes.Done;
    }
}
