using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator.Tests;

/// <summary>A bare client: bytes out, lines in. Latin-1, so that 0xFF stays what it is.</summary>
internal sealed class Peer : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StringBuilder _rest = new();
    private readonly byte[] _buffer = new byte[65536];

    public static async Task<Peer> Connect(string path)
    {
        var peer = new Peer();
        await peer._socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return peer;
    }

    public static async Task<Peer> ConnectMonitor(SimulatedVm vm)
    {
        var peer = await Connect(vm.MonitorPath);
        await peer.Line();
        await peer.Ask("""{"execute": "qmp_capabilities"}""");
        return peer;
    }

    public async Task Send(string text) => await _socket.SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>The next line, with its end; throws TimeoutException after 10 s of silence.</summary>
    public async Task<string> Line()
    {
        while (true)
        {
            var text = _rest.ToString();
            var end = text.IndexOf('\n', StringComparison.Ordinal);
            if (end >= 0)
            {
                _rest.Remove(0, end + 1);
                return text[..(end + 1)];
            }
            var read = await _socket.ReceiveAsync(_buffer).WaitAsync(_patience);
            if (read == 0) throw new EndOfStreamException(text);
            _rest.Append(Encoding.Latin1.GetString(_buffer, 0, read));
        }
    }

    /// <summary>Nothing was said so far.</summary>
    public bool IsSilent => _rest.Length == 0 && _socket.Available == 0;

    public async Task<string> Ask(string request)
    {
        await Send(request + "\n");
        while (true)
        {
            var line = await Line();
            if (!line.Contains("\"event\"", StringComparison.Ordinal)) return line.TrimEnd();
        }
    }

    /// <summary>QMP: the command's `return`, or its error's text.</summary>
    public async Task<JsonNode> Call(string command, string arguments = "{}")
    {
        var reply = JsonNode.Parse(await Ask($$"""{"execute": "{{command}}", "arguments": {{arguments}}}"""))!;
        return reply["return"] ?? reply["error"]!["desc"]!;
    }

    public void Dispose() => _socket.Dispose();
}
