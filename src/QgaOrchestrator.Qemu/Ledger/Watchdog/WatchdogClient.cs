using System.Net.Sockets;

namespace QgaOrchestrator.Qemu.Ledger.Watchdog;

/// <summary>The watchdog could not be reached, or it refused us; the message says which and why.</summary>
public sealed class WatchdogException(string reason, Exception? inner = null) : Exception(reason, inner)
{
    /// <summary>What to do about it; null where there is nothing but to read the watchdog's log.</summary>
    public string? Remedy { get; init; }
}

/// <summary>
/// The node's connection to its watchdog, held for life: its end is how the watchdog learns of our death. While
/// <see cref="IsGuarding"/> is false no guest may be frozen.
/// </summary>
public sealed class WatchdogClient : IDisposable
{
    private static readonly byte[] BeatByte = [WatchdogProtocol.Beat];
    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastEcho;
    private volatile bool _leaving;

    private WatchdogClient(Socket socket, TimeProvider time)
    {
        (_socket, _time, _lastEcho) = (socket, time, time.GetTimestamp());
        _ = ListenAsync();
    }

    /// <summary>Completes with the reason when the connection ends, for whatever cause; never faults.</summary>
    public Task<string> Closed => _closed.Task;

    /// <summary>
    /// Connected to a watchdog that answered a beat less than 2 s ago and has not been told to stop: one that is itself
    /// stopped would guard nobody. Beats must go on for it to stay true.
    /// </summary>
    public bool IsGuarding =>
        !_closed.Task.IsCompleted && !_leaving
        && _time.GetElapsedTime(Interlocked.Read(ref _lastEcho)) < WatchdogProtocol.Silence;

    /// <summary>Connects to the ledger's watchdog and exchanges hellos.</summary>
    /// <exception cref="WatchdogException">Nobody listens, or it refused us.</exception>
    public static async Task<WatchdogClient> ConnectAsync(FreezeLedger ledger, TimeProvider time, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        ArgumentNullException.ThrowIfNull(time);
        var path = WatchdogProtocol.SocketOf(ledger);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop).ConfigureAwait(false);
            await WatchdogProtocol.SendLineAsync(socket, WatchdogProtocol.Hello(ledger), stop).ConfigureAwait(false);
            var hello = await WatchdogProtocol.ReadLineAsync(socket, stop).ConfigureAwait(false);
            if (WatchdogProtocol.Judge(hello, ledger) is { } refusal)
                throw new WatchdogException($"The watchdog on {path} is not this node's: {refusal}");
            return new WatchdogClient(socket, time);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            throw new WatchdogException($"No watchdog on {path}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// One heartbeat, from the thread that runs leases and thaws. Never blocks: a beat that the socket has no room for is
    /// lost, because the watchdog then has plenty of unread ones.
    /// </summary>
    public void Beat()
    {
        if (_closed.Task.IsCompleted)
            return;
        try
        {
            _socket.Send(BeatByte, SocketFlags.None, out var error);
            if (error is not (SocketError.Success or SocketError.WouldBlock))
                _closed.TrySetResult($"the watchdog is gone: {error}");
        }
        catch (ObjectDisposedException)
        {
            // Closed between the two lines, which Closed tells.
        }
    }

    public void Dispose()
    {
        _closed.TrySetResult("closed by us");
        _socket.Dispose();
    }

    private async Task ListenAsync()
    {
        _socket.Blocking = false;
        var buffer = new byte[64];
        try
        {
            while (await _socket.ReceiveAsync(buffer).ConfigureAwait(false) is var count and > 0)
            {
                Interlocked.Exchange(ref _lastEcho, _time.GetTimestamp());
                if (buffer.AsSpan(0, count).Contains(WatchdogProtocol.Leaving))
                    _leaving = true;
            }
            _closed.TrySetResult("the watchdog hung up");
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _closed.TrySetResult($"the watchdog is gone: {e.Message}");
        }
    }
}
