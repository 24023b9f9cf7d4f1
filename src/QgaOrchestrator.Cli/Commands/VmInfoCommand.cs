using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm info</c>: what a guest tells of itself now, on one screen; several in a table. What its agent lacks is told,
/// and the rest shown.</summary>
internal static class VmInfoCommand
{
    /// <summary>Each command, and its Read: an answer that is not understood is not told, and costs none of the others.</summary>
    private static readonly (string Command, Func<ReadOnlyMemory<byte>, object> Read)[] Asked =
    [
        (GuestGetOsinfo.Name, GuestGetOsinfo.Read), (GuestGetHostName.Name, GuestGetHostName.Read), (
            GuestGetTimezone.Name, GuestGetTimezone.Read),
        (GuestGetLoad.Name, GuestGetLoad.Read), (GuestGetUsers.Name, GuestGetUsers.Read), (
            GuestNetworkGetInterfaces.Name, GuestNetworkGetInterfaces.Read),
        (GuestGetDisks.Name, GuestGetDisks.Read), (GuestGetFsinfo.Name, GuestGetFsinfo.Read),
    ];

    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var command = new CliCommand(
            "info",
            "Shows the guest's system, load, users, addresses, disks and file systems.",
            "qgactl vm info db1",
            "qgactl vm info --select app=db"
        )
        { Exits = ExitCodes.OfSeveral };
        var words = new VmArguments(command, "All VMs that this selects, one line each");
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            if (words.Selector(parsed) is { } selector)
                return await ForEachVm
                    .DoAsync(
                        host,
                        client,
                        selector,
                        global.IsJson(parsed),
                        (vm, stop) => AskAsync(client, vm, stop),
                        vms => GuestInfoView.WriteTable(host.Screen, [.. vms.Select(vm => vm.Result)]),
                        cancel
                    )
                    .ConfigureAwait(false);
            var report = await AskAsync(client, words.Vm(parsed)!, cancel).ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, report);
            else GuestInfoView.Write(host.Screen, report);
            return report.Answers.Count > 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }

    private static async Task<GuestReport> AskAsync(QgaClient client, string vm, CancellationToken cancel)
    {
        var told = new Dictionary<string, JsonElement>();
        var lacking = new Dictionary<string, string>();
        foreach (var (asked, read) in Asked)
        {
            try
            {
                var answer =
                    await client.CallAgentAsync(vm, asked, default, new AgentCallOptions(), cancel).ConfigureAwait(false);
                if (ReplyBytes.Of(answer).TryRead(read, out _, out var odd)) told[asked] = answer;
                else lacking[asked] = odd;
            }
            catch (ApiException e)
                when (e.Code
                        is ProblemCodes.AgentError
                            or ProblemCodes.CommandDisabled
                            or ProblemCodes.Forbidden
                            or ProblemCodes.NotUnderstood
                )
            {
                lacking[asked] = e.Message;
            }
        }
        return new GuestReport(vm, told, lacking);
    }
}
