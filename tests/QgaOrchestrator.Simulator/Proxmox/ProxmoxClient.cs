using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// Speaks to agents and monitors as the tools of Proxmox VE do: connects for one command, tries again each 100 ms while the
/// socket is busy, and gives up at a limit. To an agent it writes sync and command at once; of the answers it skips a sync with a
/// smaller id than its own, and dies of one with a larger id.
/// </summary>
/// <param name="pid">Its own, at least 100: its ids begin with it, and so are above 10,000.</param>
public sealed class ProxmoxClient(int pid)
{
    public static readonly TimeSpan PingLimit = TimeSpan.FromSeconds(3), MonitorLimit = TimeSpan.FromSeconds(3),
        Limit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    private int _commands;

    /// <returns>The reply's line.</returns>
    /// <exception cref="IOException">No reply in time, or one that it dies of.</exception>
    public Task<string> AskAgentAsync(string path, string command, TimeSpan? limit = null) =>
        WithinAsync(path, limit ?? (command == "guest-ping" ? PingLimit : Limit), async (stream, due) =>
        {
            var id = NextId();
            await WriteAsync(
                stream,
                $$"""
                {"execute":"guest-sync-delimited","arguments":{"id":{{id}} } }
                {"execute":"{{command}}"}

                """,
                due);
            while (true)
            {
                while (await ReadByteAsync(stream, due) != 0xff) { }
                var said = Member(await ReadLineAsync(stream, due), "return").GetInt64();
                if (said > id) throw new IOException($"got wrong command id '{said}' (expected {id})");
                if (said == id) return await ReadLineAsync(stream, due);
            }
        });

    /// <inheritdoc cref="AskAgentAsync"/>
    public Task<string> AskMonitorAsync(string path, string command) => WithinAsync(path, MonitorLimit, async (stream, due) =>
    {
        Member(await ReadLineAsync(stream, due), "QMP");
        foreach (var execute in new[] { "qmp_capabilities", command })
        {
            var id = NextId();
            await WriteAsync(stream, $$"""{"execute":"{{execute}}","id":"{{id}}"}""", due);
            string line;
            do line = await ReadLineAsync(stream, due); while (!line.Contains($"\"{id}\"", StringComparison.Ordinal));
            if (execute == command) return line;
        }

        throw new InvalidOperationException("the loop ends with the command");
    });

    /// <summary>As in 4711012: its pid, a zero, and a count.</summary>
    private long NextId() => long.Parse(
        string.Create(CultureInfo.InvariantCulture, $"{pid}0{Interlocked.Increment(ref _commands)}"),
        CultureInfo.InvariantCulture);

    private static async Task<string> WithinAsync(
        string path, TimeSpan limit, Func<NetworkStream, CancellationToken, Task<string>> ask)
    {
        using var due = new CancellationTokenSource(limit);
        try
        {
            using var socket = await ConnectAsync(path, due.Token);
            await using var stream = new NetworkStream(socket);
            return await ask(stream, due.Token);
        }
        catch (OperationCanceledException)
        {
            throw new IOException($"{path}: got timeout after {limit.TotalSeconds:0} s");
        }
    }

    private static async Task<Socket> ConnectAsync(string path, CancellationToken due)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), due);
                return socket;
            }
            catch (SocketException busy) when (busy.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain)
            {
                socket.Dispose();
                await Task.Delay(Again, due);
            }
        }
    }

    private static async Task WriteAsync(NetworkStream stream, string text, CancellationToken due) =>
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), due);

    private static JsonElement Member(string line, string name) =>
        JsonDocument.Parse(line).RootElement.TryGetProperty(name, out var value)
            ? value
            : throw new IOException($"no {name} in {line}");

    private static async Task<string> ReadLineAsync(NetworkStream stream, CancellationToken due)
    {
        var line = new List<byte>();
        for (int next; (next = await ReadByteAsync(stream, due)) != '\n';) line.Add((byte)next);
        return Encoding.UTF8.GetString([.. line]).Trim();
    }

    private static async Task<int> ReadByteAsync(NetworkStream stream, CancellationToken due)
    {
        var one = new byte[1];
        return await stream.ReadAsync(one, due) == 1 ? one[0] : throw new IOException("the peer has closed the connection");
    }
}
