using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace QgaOrchestrator.Api.Client;

/// <summary>
/// A run's server-sent events. A stream that breaks is opened again with Last-Event-ID, first at once, then with growing
/// pauses for as long as <see cref="Patience"/>: a node that was killed and started again is found again.
/// </summary>
internal sealed class RunEventReader(ApiTransport transport, TimeProvider time)
{
    /// <summary>How long a watcher goes without a node before it gives up.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    public async IAsyncEnumerable<RunUpdate> ReadAsync(
        string run, Action<string>? lost, [EnumeratorCancellation] CancellationToken cancel)
    {
        string? last = null;
        var pause = TimeSpan.Zero;
        var connected = false;
        var lostAt = time.GetTimestamp();
        while (true)
        {
            Exception broken;
            await using (var events = OpenAsync(run, last, cancel).GetAsyncEnumerator(cancel))
            {
                while (true)
                {
                    try
                    {
                        if (!await events.MoveNextAsync().ConfigureAwait(false))
                        {
                            broken = new NodeUnreachableException(transport.Api, "the stream of events ended");
                            break;
                        }
                    }
                    catch (Exception e) when (IsPassing(e, connected))
                    {
                        broken = e;
                        break;
                    }
                    (connected, pause, lostAt) = (true, TimeSpan.Zero, time.GetTimestamp());
                    if (events.Current is not { } change)
                        continue;
                    last = change.Id ?? last;
                    yield return change;
                    if (change is RunUpdate.RunChanged { Run.State: var state } && RunStates.IsFinal(state))
                        yield break;
                }
            }
            if (time.GetElapsedTime(lostAt) > Patience)
                throw new NodeUnreachableException(transport.Api, "it has not come back", broken);
            lost?.Invoke(broken.Message);
            if (pause > TimeSpan.Zero)
                await Task.Delay(pause, time, cancel).ConfigureAwait(false);
            pause = pause == TimeSpan.Zero ? TimeSpan.FromMilliseconds(500) : pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>The first connection must succeed: a wrong address is told at once. Later a node may be on its way up.</summary>
    private static bool IsPassing(Exception e, bool connected) => e switch
    {
        IOException or HttpRequestException => true,
        NodeUnreachableException => connected,
        ApiException
        {
            Status: HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout
        } => connected,
        _ => false,
    };

    /// <summary>One stream; null for an event of a type that this version does not know.</summary>
    private async IAsyncEnumerable<RunUpdate?> OpenAsync(
        string run, string? last, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var response = await transport.SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, ApiRoutes.RunPath(run) + "/events");
            request.Headers.Accept.Add(new("text/event-stream"));
            if (last is not null)
                request.Headers.Add(ApiRoutes.LastEventIdHeader, last);
            return request;
        }, cancel).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var events = SseParser.Create(stream, Parse).EnumerateAsync(cancel);
            await foreach (var item in events.ConfigureAwait(false))
                yield return item.Data is null ? null : item.Data with { Id = item.EventId };
        }
    }

    private static RunUpdate? Parse(string type, ReadOnlySpan<byte> data) => type switch
    {
        RunEventTypes.Run => new RunUpdate.RunChanged(Require(JsonSerializer.Deserialize(data, ApiJson.Default.Run))),
        RunEventTypes.Item => new RunUpdate.ItemChanged(Require(JsonSerializer.Deserialize(data, ApiJson.Default.ItemStatus))),
        RunEventTypes.Progress =>
            new RunUpdate.Progressed(Require(JsonSerializer.Deserialize(data, ApiJson.Default.RunProgress))),
        _ => null,
    };

    private static T Require<T>(T? data) where T : class => data ?? throw new IOException("an event without data");
}
