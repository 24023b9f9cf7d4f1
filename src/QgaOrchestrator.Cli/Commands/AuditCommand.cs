using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>audit</c>: who did what. <c>audit --verify</c> is the old spelling of <c>audit verify</c>.</summary>
internal static class AuditCommand
{
    private const int Usual = 100;

    /// <summary>What a node answers at once at the most.</summary>
    private const int Page = 1000;

    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var since = TimeOption.Since("Only entries since this time, or of the last 2h, 7d", host.Time);
        var vm = new Option<string>("--vm") { Description = "Only this VM", HelpName = "VM" };
        var run = new Option<string>("--run") { Description = "Only this run", HelpName = "ID" };
        var who = new Option<string>("--who")
        {
            Description = "Only entries of this token, or of nobody, node, watchdog or qgactl",
            HelpName = "NAME",
        };
        var limit = ListFilters.Limit("At most this many, the newest", Usual);
        var command = new CliCommand(
            "audit",
            "Shows who did what, the newest first. qgactl audit verify checks the log.",
            "qgactl audit --vm db1 --since 7d",
            "qgactl audit --who ci --limit 1000"
        ) { since, vm, run, who, limit, AuditVerifyCommand.Build(host, global) };
        var (verify, head) = (new Option<bool>("--verify") { Hidden = true }, new Option<string>("--head") { Hidden = true });
        command.Add(verify);
        command.Add(head);
        command.Validators.Add(result =>
        {
            if (result.GetValue(head) is not null && !result.GetValue(verify))
                result.AddError("--head: it goes with qgactl audit verify.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            if (parsed.GetValue(verify))
                return await AuditVerifyCommand
                    .VerifyAsync(host, client, parsed.GetValue(head), global.IsJson(parsed), cancel).ConfigureAwait(false);
            var filter = new AuditFilter(
                parsed.GetValue(vm),
                parsed.GetValue(run),
                parsed.GetValue(who),
                parsed.GetValue(since)
            );
            var most = parsed.GetValue(limit) ?? Usual;
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

    private static void Write(CliHost host, IReadOnlyList<AuditRecord> told, DateTimeOffset? kept)
    {
        var table = new TextTable("NUMBER", "AT", "WHO", "FROM", "WHAT", "VM", "OUTCOME", "RUN", "DETAIL");
        foreach (var entry in told)
            table.Add($"{entry.Number}", host.Screen.Time(entry.At), entry.Who, entry.From, entry.What, entry.Vm,
                entry.Code is null ? entry.Outcome : $"{entry.Outcome}: {entry.Code}", entry.Run, entry.Detail);
        table.Write(host.Screen);
        if (kept is { } since)
            host.Error.WriteLine($"The log begins at {host.Screen.Time(since)}: older entries were removed (Store.Keep).");
    }
}
