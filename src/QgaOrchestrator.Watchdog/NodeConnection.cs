using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Watchdog;

/// <summary>A node that sent its hello: its heartbeats, and a handle that kills exactly this process.</summary>
internal sealed class NodeConnection : IDisposable
{
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(5);
    private readonly Socket _socket;
    private readonly SafeFileHandle? _process;
    private readonly TimeProvider _time;
    private long _lastBeat;
    private bool _silenceTold;

    private NodeConnection(Socket socket, int pid, SafeFileHandle? process, TimeProvider time)
    {
        (_socket, Pid, _process, _time, _lastBeat) = (socket, pid, process, time, time.GetTimestamp());
        socket.Blocking = false; // an echo that a stopped node does not read is lost, and delays nothing
    }

    internal int Pid { get; }

    /// <summary>How long no heartbeat has come. One that waits unread in the socket is the watchdog's delay, not the
    /// node's.</summary>
    internal TimeSpan Silence
    {
        get
        {
            if (HasUnread())
                Forgive();
            return _time.GetElapsedTime(Interlocked.Read(ref _lastBeat));
        }
    }

    /// <summary>Exchanges hellos; null if the peer is refused, which is logged.</summary>
    internal static async Task<NodeConnection?> WelcomeAsync(
        Socket socket, FreezeLedger ledger, bool leaving, TimeProvider time, Log log)
    {
        var (pid, uid) = Credentials(socket);
        // Opened before the hello is read: a peer that then sends it was alive meanwhile, so the pid is not a later process's.
        var process = pid > 0 ? Native.OpenProcess(pid) : null;
        using var patience = new CancellationTokenSource(HelloTimeout, time);
        try
        {
            var refusal = WatchdogProtocol.Judge(
                    await WatchdogProtocol.ReadLineAsync(socket, patience.Token).ConfigureAwait(false), ledger)
                ?? (process is null ? "its process is not visible from here (another pid namespace?)" : null)
                ?? (uid != 0 && uid != Native.EffectiveUser() ? $"it runs as user {uid}" : null)
                ?? (leaving ? "this watchdog was told to stop" : null);
            if (refusal is null)
            {
                await WatchdogProtocol.SendLineAsync(socket, WatchdogProtocol.Hello(ledger), patience.Token)
                    .ConfigureAwait(false);
                return new NodeConnection(socket, pid, process, time);
            }
            log.Line($"refused process {pid}: {refusal}");
            await WatchdogProtocol.SendLineAsync(socket, WatchdogProtocol.Refused(refusal), patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            log.Line($"process {pid} connected and sent no hello: {e.Message}");
        }
        process?.Dispose();
        socket.Dispose();
        return null;
    }

    /// <summary>Takes and echoes heartbeats until the stream ends.</summary>
    internal async Task ListenAsync()
    {
        var buffer = new byte[64];
        try
        {
            while (await _socket.ReceiveAsync(buffer).ConfigureAwait(false) is var count and > 0)
            {
                Forgive();
                _socket.Send(buffer.AsSpan(0, count), SocketFlags.None, out _);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Another form of the same end.
        }
    }

    /// <summary>A fresh 2 s.</summary>
    internal void Forgive()
    {
        Interlocked.Exchange(ref _lastBeat, _time.GetTimestamp());
        _silenceTold = false;
    }

    /// <summary>True once for each silence.</summary>
    internal bool TellSilence() => !_silenceTold && (_silenceTold = true);

    /// <summary>Tells the node to open no more windows.</summary>
    internal void SayLeaving()
    {
        try
        {
            _socket.Send([WatchdogProtocol.Leaving], SocketFlags.None, out _);
        }
        catch (ObjectDisposedException)
        {
            // It has just hung up.
        }
    }

    /// <summary>Kills the node; null, or why that failed.</summary>
    internal string? Kill()
    {
        try
        {
            return Native.Kill(_process!);
        }
        catch (ObjectDisposedException)
        {
            return "it has just hung up";
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _process?.Dispose();
    }

    private bool HasUnread()
    {
        try
        {
            return _socket.Available > 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false; // it has just hung up; its listener handles that
        }
    }

    private static (int Pid, int Uid) Credentials(Socket socket)
    {
        const int solSocket = 1, soPeerCred = 17;
        Span<int> credentials = stackalloc int[3];
        socket.GetRawSocketOption(solSocket, soPeerCred, MemoryMarshal.AsBytes(credentials));
        return (credentials[0], credentials[1]);
    }
}
