using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary>Thaws through the node: it closes its own windows and settles them.</summary>
internal static class NodeThaw
{
    private const string Thaw = "guest-fsfreeze-thaw";

    public static async Task<ThawReports> RunAsync(QgaClient client, string? vm, bool force, CancellationToken cancel)
    {
        if (vm is not null)
            return new([], [await OneAsync(client, vm, force, cancel).ConfigureAwait(false)]);
        var reports = new List<ThawReport>();
        await foreach (var frozen in client.ListVmsAsync(cancel: cancel).ConfigureAwait(false))
        {
            if (!frozen.Frozen)
                continue;
            try
            {
                reports.Add(await OneAsync(client, frozen.Id, force: false, cancel).ConfigureAwait(false));
            }
            catch (ApiException e)
            {
                reports.Add(new ThawReport(frozen.Id, false, null, $"{e.Message} {e.Remedy}".TrimEnd()));
            }
        }
        return new([], reports);
    }

    public static async Task<ThawReport> OneAsync(QgaClient client, string vm, bool force, CancellationToken cancel)
    {
        var returned =
            await client.CallAgentAsync(vm, Thaw, default, new AgentCallOptions(Force: force), cancel).ConfigureAwait(false);
        return new ThawReport(
            vm, true, ReplyBytes.Of(returned).TryRead(GuestFsfreezeThaw.Read, out var count, out _) ? count : null, null);
    }
}
