using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace QgaOrchestrator.Api.Client;

/// <summary>Files and processes of guests.</summary>
public sealed partial class QgaClient
{
    /// <summary>Copies a guest's file from an offset to its end.</summary>
    /// <param name="to">Where it goes, asked with its size before the first byte; null: nobody can tell the size.</param>
    /// <exception cref="NodeUnreachableException">It broke off: what was copied is right, and more would follow.</exception>
    public async Task ReadFileAsync(
        string vm, string path, long offset, Func<long?, Stream> to, CancellationToken cancel = default)
    {
        var url = WithQuery(ApiRoutes.VmFilePath(vm), ("path", path), ("offset", offset == 0 ? null : Number(offset)));
        using var response =
            await _transport.SendAsync(() => new HttpRequestMessage(HttpMethod.Get, url), cancel).ConfigureAwait(false);
        var length = response.Headers.TryGetValues(ApiRoutes.FileSizeHeader, out var sizes) && long
            .TryParse(sizes.First(), out var size) ? size : (long?)null;
        await _transport.CopyAsync(response, to(length), cancel).ConfigureAwait(false);
    }

    /// <param name="bytes">Of so many from its beginning; null: of all.</param>
    public Task<FileDigest> GetFileDigestAsync(string vm, string path, long? bytes = null, CancellationToken cancel = default) =>
        GetAsync(
            WithQuery(ApiRoutes.VmFileDigestPath(vm), ("path", path), ("bytes", bytes is { } count ? Number(count) : null)),
            ApiJson.Default.FileDigest,
            cancel
        );

    /// <summary>Writes a file into a guest.</summary>
    /// <param name="rest">What of it is not there yet; it is read once.</param>
    /// <exception cref="NodeUnreachableException">It broke off: some of it may be in the guest's part.</exception>
    public async Task<FileWritten> WriteFileAsync(string vm, FilePut put, Stream rest, CancellationToken cancel = default)
    {
        var url = WithQuery(
            ApiRoutes.VmFilePath(vm),
            ("path", put.Path),
            ("bytes", Number(put.Bytes)),
            ("sha256", put.Sha256),
            ("offset", put.Offset == 0 ? null : Number(put.Offset)),
            ("inPlace", put.InPlace ? "true" : null),
            ("mode", put.Mode),
            ("newMode", put.NewMode)
        );
        using var response = await _transport
            .SendNowAsync(
                () =>
        {
            var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new StreamContent(rest, CopyBuffer) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            // What is refused is refused before it is sent.
            request.Headers.ExpectContinue = true;
            return request;
        }, cancel).ConfigureAwait(false);
        return await _transport.ReadAsync(response, ApiJson.Default.FileWritten, cancel).ConfigureAwait(false);
    }

    /// <summary>Starts a process and tells what it says, until it has ended.</summary>
    /// <exception cref="NodeUnreachableException">The connection broke: the process keeps running, and nobody reads its
    /// output.</exception>
    public async IAsyncEnumerable<ProcessEvent> RunProcessAsync(
        string vm, ProcessRequest process, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        using var response = await _transport.SendOnceAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Post, ApiRoutes.VmExecPath(vm))
            {
                Content = new ReadOnlyMemoryContent(JsonSerializer.SerializeToUtf8Bytes(process, ApiJson.Default.ProcessRequest)),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Accept.Add(new("text/event-stream"));
            return request;
        }, cancel).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var events = SseParser.Create(stream, Parse).EnumerateAsync(cancel).GetAsyncEnumerator(cancel);
            await using (events.ConfigureAwait(false))
            {
                var ended = false;
                while (await NextAsync(events).ConfigureAwait(false) is { } item)
                {
                    if (item.Data is null) continue;
                    ended |= item.Data is ProcessEvent.Ended;
                    yield return item.Data;
                }
                if (!ended) throw new NodeUnreachableException(Api, "the stream of its output ended");
            }
        }
    }

    private const int CopyBuffer = 256 * 1024;

    private static string Number(long value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private async Task<SseItem<ProcessEvent?>?> NextAsync(IAsyncEnumerator<SseItem<ProcessEvent?>> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false) ? events.Current : null;
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new NodeUnreachableException(Api, e.Message, e);
        }
    }

    private static ProcessEvent? Parse(string type, ReadOnlySpan<byte> data) => type switch
    {
        ProcessEventTypes.Out or ProcessEventTypes.Err =>
            new ProcessEvent.Said(
                type == ProcessEventTypes.Err, Convert.FromBase64String(System.Text.Encoding.ASCII.GetString(data))),
        ProcessEventTypes.End =>
            new ProcessEvent.Ended(
                JsonSerializer.Deserialize(data, ApiJson.Default.ProcessEnd) ?? throw new IOException("an end without data")),
        _ => null,
    };
}
