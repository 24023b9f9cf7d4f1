using System.CommandLine;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm cpus</c>.</summary>
internal static class VmCpusCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var online = new Option<long[]>("--online")
        {
            Description = "Sets these processors online",
            HelpName = "N",
            AllowMultipleArgumentsPerToken = true,
        };
        var offline = new Option<long[]>("--offline")
        {
            Description = "Sets these processors offline",
            HelpName = "N",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new CliCommand("cpus", "Lists the guest's processors, or sets some online or offline.",
            "qgactl vm cpus db1", "qgactl vm cpus db1 --offline 2 3") { online, offline };
        var target = new GuestTarget(host, global, command);
        command.SetAction(async (parsed, cancel) =>
        {
            GuestVcpu[] wanted =
            [
                .. (parsed.GetValue(online) ?? []).Select(id => new GuestVcpu(id, true)),
                .. (parsed.GetValue(offline) ?? []).Select(id => new GuestVcpu(id, false)),
            ];
            if (wanted.GroupBy(cpu => cpu.LogicalId).FirstOrDefault(same => same.Count() > 1) is { } twice)
                throw new UsageException($"Processor {twice.Key} is named twice.", "Name each once, with --online or --offline.");
            if (Array.Find(wanted, cpu => cpu.LogicalId < 0) is { } odd)
                throw new UsageException($"There is no processor {odd.LogicalId}.", "qgactl vm cpus VM lists them.");
            using var client = global.Connect(parsed, host);
            if (wanted.Length == 0)
            {
                return await target.CallAsync(parsed, client, GuestGetVcpus.Request, null, (_, reply) =>
                {
                    var table = new TextTable("CPU", "ONLINE", "CAN GO OFFLINE");
                    foreach (var cpu in GuestGetVcpus.Read(ReplyBytes.Of(reply.Return)).OrderBy(cpu => cpu.LogicalId))
                        table.Add($"{cpu.LogicalId}", YesNo(cpu.Online), cpu.CanOffline is { } can ? YesNo(can) : null);
                    table.Write(host.Screen);
                    return ExitCodes.Done;
                }, cancel).ConfigureAwait(false);
            }
            return await target
                .CallAsync(
                    parsed,
                    client,
                    GuestSetVcpus.Request(wanted),
                    "Change the processors of",
                    (vm, reply) =>
            {
                // The agent takes them in order and ends at the first that it cannot change.
                var done = GuestSetVcpus.Read(ReplyBytes.Of(reply.Return));
                if (done >= wanted.Length)
                {
                    host.Out.WriteLine($"{Text.Count(done, "processor")} of {vm} changed.");
                    return ExitCodes.Done;
                }
                CliErrors.Write(
                    host.Error,
                    $"{vm}: processor {wanted[done].LogicalId} cannot be changed; {done} of {wanted.Length} were.",
                    "qgactl vm cpus VM shows which can go offline."
                );
                return ExitCodes.Partial;
            }, cancel).ConfigureAwait(false);
        });
        return command;
    }

    private static string YesNo(bool yes) => yes ? "yes" : "no";
}
