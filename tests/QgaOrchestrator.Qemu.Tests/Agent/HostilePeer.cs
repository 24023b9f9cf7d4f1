using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>
/// The other end of an agent's socket, at its worst: bytes in any chunks, answers late, stale or never, noise, 0xFF anywhere,
/// errors in bursts for the sentinel, the connection gone at any time. Only what no agent does it does not do either: answer
/// one request twice, or one that was never asked. A request's answer is the number in its name.
/// </summary>
internal sealed class HostilePeer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _stale = [];
    private readonly Random _random;
    private readonly Task _serving;

    public HostilePeer(string path, int seed)
    {
        _random = new Random(seed);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(1);
        _serving = ServeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptAsync(_stop.Token);
                await using var stream = new NetworkStream(client);
                await SendAsync(stream, Noise() + string.Concat(_stale));
                _stale.Clear();
                using var reader = new StreamReader(stream, Encoding.Latin1);
                while (await reader.ReadLineAsync(_stop.Token) is { } line)
                {
                    if (!await AnswerAsync(stream, line)) break;
                }
            }
            catch (Exception e) when (
                e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has gone, or the test has ended.
            }
        }
    }

    /// <summary>False: it hangs up.</summary>
    private async Task<bool> AnswerAsync(NetworkStream stream, string line)
    {
        var said = line[0] == '\u00ff' ? string.Concat(Enumerable.Repeat(LinkDialogue.Stray, _random.Next(5))) : "";
        using var request = JsonDocument.Parse(line.TrimStart('\u00ff'));
        var command = request.RootElement.GetProperty("execute").GetString()!;
        var answer = command == "guest-sync-delimited"
            ? LinkDialogue.Synced(request.RootElement.GetProperty("arguments").GetProperty("id").GetInt64())
            : Reply(command);
        switch (_random.Next(12))
        {
            case 0: return true;                                          // never answered
            case 1: return false;                                         // gone before it answers
            case 2: _stale.Add(answer); return true;                      // answered to whoever comes next
            case 3: said += Noise() + answer; break;
            case 4: said += answer + Noise(); break;
            case 5: await SendAsync(stream, said + answer[.._random.Next(answer.Length)]); return false;
            default: said += answer; break;
        }
        await SendAsync(stream, said);
        return true;
    }

    private string Reply(string command)
    {
        var sentinel = _random.Next(6) == 0 ? "\u00ff" : "";
        return _random.Next(8) == 0
            ? $"{sentinel}{{\"error\": {{\"desc\": \"no\", \"class\": \"GenericError\"}}}}\n"
            : $"{sentinel}{{\"return\": {command.Split('-')[^1]}}}\n";
    }

    /// <summary>What is no message: half ones, no JSON, other JSON, empty lines, sentinels.</summary>
    private string Noise() => _random.Next(7) switch
    {
        0 => "\n\r\n",
        1 => "noise\n",
        2 => "\u00ff\u00ff\n",
        3 => "{\"retu\n",
        4 => "[1, 2]\n",
        5 => new string((char)_random.Next(1, 256), _random.Next(5000)).Replace('\n', ' ') + "\n",
        _ => "",
    };

    private async Task SendAsync(NetworkStream stream, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        for (var at = 0; at < bytes.Length;)
        {
            var count = Math.Min(_random.Next(3) == 0 ? 1 : _random.Next(1, 4000), bytes.Length - at);
            await stream.WriteAsync(bytes.AsMemory(at, count), _stop.Token);
            if (_random.Next(4) == 0) await Task.Yield();
            at += count;
        }
    }
}
