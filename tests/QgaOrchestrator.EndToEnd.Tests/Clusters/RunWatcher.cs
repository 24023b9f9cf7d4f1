using System.Net.ServerSentEvents;
using System.Text.Json;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>Reads a run's events at one node after the other, each from the last one that any has told.</summary>
internal sealed class RunWatcher(string run)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private string _last = "0";

    /// <summary>The VMs that were seen to succeed.</summary>
    public HashSet<string> Succeeded { get; } = [];

    /// <summary>Until so many VMs are seen to have succeeded, or the run has ended. A stream that breaks is opened again.</summary>
    public async Task WatchAsync(ClusterNode node, int enough)
    {
        using var http = node.PlainClient();
        using var limit = new CancellationTokenSource(Limit);
        while (!await ReadAsync(http, enough, limit.Token)) limit.Token.ThrowIfCancellationRequested();
    }

    /// <returns>Enough is seen, or the run has ended.</returns>
    private async Task<bool> ReadAsync(HttpClient http, int enough, CancellationToken cancel)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, ApiRoutes.RunPath(run) + "/events");
            request.Headers.Add(ApiRoutes.LastEventIdHeader, _last);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (!answer.IsSuccessStatusCode) return false;
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancel))
            {
                _last = item.EventId ?? _last;
                if (item.EventType == RunEventTypes.Item
                    && JsonSerializer.Deserialize(item.Data, ApiJson.Default.ItemStatus) is { State: ItemStates.Succeeded } one)
                    Succeeded.Add(one.Vm);
                if (Succeeded.Count >= enough || (item.EventType == RunEventTypes.Run
                    && JsonSerializer.Deserialize(item.Data, ApiJson.Default.Run) is { EndedAt: not null }))
                    return true;
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The node of the run has ended.
        }
        return false;
    }
}
