using System.Net;
using System.Text.Json;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Peers;

namespace QgaOrchestrator.Node.Http.Forwarding;

/// <summary>What the VMs of other hosts gave back: it stays on the host of each VM.</summary>
/// <param name="forwarder">Null: this node is alone.</param>
public sealed class ResultsElsewhere(IOrchestrator orchestrator, QgadOptions options, Forwarder? forwarder = null)
{
    /// <summary>The first results of other hosts.</summary>
    /// <param name="most">Of each host.</param>
    /// <returns>The results, and what is not known, a sentence each.</returns>
    public async Task<(IReadOnlyList<RunResult> Results, IReadOnlyList<string> Notes)> FirstAsync(
        HttpContext context, string run, string? vm, int most)
    {
        var (results, notes) = (new List<RunResult>(), new List<string>());
        foreach (var host in await HostsAsync(context))
        {
            try
            {
                using var answer = await forwarder!.AskAsync(context, host, Target(run, vm, most));
                if (answer.StatusCode == HttpStatusCode.NotFound) continue;
                answer.EnsureSuccessStatusCode();
                await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
                var page = await JsonSerializer.DeserializeAsync(body, ApiJson.Default.PageRunResult, context.RequestAborted);
                results.AddRange(page!.Items);
            }
            catch (Exception e) when (e is PeerUnreachableException or HttpRequestException or IOException)
            {
                notes.Add($"Results of VMs of host {host} are not shown: its node does not answer.");
            }
        }
        return (results, notes);
    }

    /// <summary>The answer of the other host that has what this request asks for; null: none has it.</summary>
    public async Task<IResult?> FindAsync(HttpContext context)
    {
        foreach (var host in await HostsAsync(context))
        {
            try
            {
                var answer = await forwarder!.AskAsync(context, host, context.Request.Path);
                if (answer.StatusCode != HttpStatusCode.NotFound) return new Found(answer);
                answer.Dispose();
            }
            catch (PeerUnreachableException)
            {
                // Another one may have it.
            }
        }
        return null;
    }

    /// <summary>A request that another node sends is about this host alone.</summary>
    private async Task<IReadOnlyList<string>> HostsAsync(HttpContext context) =>
        forwarder is null || context.Features.Get<PeerConnection>() is not null
            ? []
            : [
                .. (await orchestrator.ListHostsAsync(context.RequestAborted))
                    .Where(host => host.State != HostState.Unreachable && host.Host != options.Node.Host)
                    .Select(host => host.Host),
            ];

    private static string Target(string run, string? vm, int most) =>
        $"{ApiRoutes.RunPath(run)}/results?limit={most}" + (vm is null ? "" : $"&vm={Uri.EscapeDataString(vm)}");

    private sealed class Found(HttpResponseMessage answer) : IResult
    {
        public async Task ExecuteAsync(HttpContext context)
        {
            using (answer) await Forwarder.PassOnAsync(answer, context);
        }
    }
}
