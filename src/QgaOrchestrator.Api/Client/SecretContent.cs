using System.Net;

namespace QgaOrchestrator.Api.Client;

/// <summary>JSON that may hold a secret, and as many spaces behind it: HttpClient copies a short body into a buffer that lives as
/// long as the connection. Flushed, the buffer begins anew, so the spaces overwrite the copy.</summary>
internal sealed class SecretContent : HttpContent
{
    /// <summary>In bytes: a longer body is not copied.</summary>
    private const int LargestCopy = 16 << 10;

    private readonly ReadOnlyMemory<byte> _json;
    private readonly byte[] _spaces;

    public SecretContent(ReadOnlyMemory<byte> json)
    {
        _json = json;
        _spaces = new byte[Math.Min(json.Length, LargestCopy)];
        _spaces.AsSpan().Fill((byte)' ');
        Headers.ContentType = new("application/json");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancel)
    {
        await stream.FlushAsync(cancel).ConfigureAwait(false);
        await stream.WriteAsync(_json, cancel).ConfigureAwait(false);
        await stream.FlushAsync(cancel).ConfigureAwait(false);
        await stream.WriteAsync(_spaces, cancel).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _json.Length + _spaces.Length;
        return true;
    }
}
