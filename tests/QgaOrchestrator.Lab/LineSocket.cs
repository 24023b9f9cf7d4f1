using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Lab;

/// <summary>JSON lines over a unix socket, one request at a time: for what tests check behind the back of what they
/// test.</summary>
public abstract class LineSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<byte> _unread = [];
    private readonly byte[] _buffer = new byte[64 * 1024];

    protected async Task OpenAsync(string path) => await _socket.ConnectAsync(new UnixDomainSocketEndPoint(path));

    protected async Task SendAsync(JsonObject message, ReadOnlyMemory<byte> prefix, CancellationToken stop)
    {
        byte[] bytes = [.. prefix.Span, .. Encoding.UTF8.GetBytes(message.ToJsonString()), (byte)'\n'];
        for (var sent = 0; sent < bytes.Length;)
            sent += await _socket.SendAsync(bytes.AsMemory(sent), stop);
    }

    /// <summary>The next line without its end, as raw bytes: an agent's answer to a sync starts with 0xFF.</summary>
    protected async Task<byte[]> ReadLineAsync(CancellationToken stop)
    {
        for (var searched = 0; ;)
        {
            var end = _unread.IndexOf((byte)'\n', searched);
            if (end >= 0)
            {
                var line = _unread[..end].ToArray();
                _unread.RemoveRange(0, end + 1);
                return line;
            }
            var read = await _socket.ReceiveAsync(_buffer, stop);
            if (read == 0)
                throw new LabException("the peer closed the socket");
            searched = _unread.Count;
            _unread.AddRange(_buffer.AsSpan(0, read));
        }
    }

    /// <exception cref="LabException">The answer is an error; the message holds it.</exception>
    protected static JsonNode? ReturnOf(string command, JsonNode answer) =>
        answer is JsonObject reply && reply.TryGetPropertyValue("return", out var value)
            ? value
            : throw new LabException($"{command}: {answer.ToJsonString()}");

    protected static JsonObject Request(string command, JsonNode? arguments) => arguments is null
        ? new JsonObject { ["execute"] = command }
        : new JsonObject { ["execute"] = command, ["arguments"] = arguments };

    public void Dispose()
    {
        _socket.Dispose();
        GC.SuppressFinalize(this);
    }
}
