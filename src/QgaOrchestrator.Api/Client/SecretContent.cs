using System.Net;

namespace QgaOrchestrator.Api.Client;

/// <summary>JSON that may hold a secret. It goes from the caller's memory to the connection: HttpClient copies a short body
/// behind the headers, into a buffer that lives as long as the connection, unless the headers have gone before.</summary>
internal sealed class SecretContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _json;

    public SecretContent(ReadOnlyMemory<byte> json)
    {
        _json = json;
        Headers.ContentType = new("application/json");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancel)
    {
        await stream.FlushAsync(cancel).ConfigureAwait(false);
        await stream.WriteAsync(_json, cancel).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _json.Length;
        return true;
    }
}
