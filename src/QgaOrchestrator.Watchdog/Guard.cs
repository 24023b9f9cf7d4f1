using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Watchdog;

/// <summary>
/// Watches nodes. A node whose connection ends is dead: the guests that the ledger names are thawed at once. A node that sends no
/// heartbeat while a guest is frozen hangs and holds that guest's socket: it is killed, which ends its connection. A node that
/// sends heartbeats is never killed: if a guest does not answer it, the guest hangs.
/// </summary>
internal sealed class Guard : IDisposable
{
    /// <summary>How long a watchdog that a node started outlives the last connection.</summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(60);

    /// <summary>At the start, time for a node that is just connecting; later, how often the ledger is read while no node is
    /// connected.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>How often the ledger is read while nodes are connected.</summary>
    private static readonly TimeSpan LookForOverdue = TimeSpan.FromSeconds(5);

    private readonly FreezeLedger _ledger;
    private readonly bool _stays;
    private readonly TimeProvider _time;
    private readonly Log _log;
    private readonly Thawer _thawer;
    private readonly ConcurrentDictionary<NodeConnection, byte> _nodes = new();
    private long _alone;
    private long _leavingSince;
    private bool _leaving;

    internal Guard(FreezeLedger ledger, bool stays, TimeProvider time, Log log)
    {
        (_ledger, _stays, _time, _log, _alone) = (ledger, stays, time, log, time.GetTimestamp());
        _thawer = new Thawer(ledger, entry => Connect(entry, time), time, log, CancellationToken.None);
    }

    internal static IAgent Connect(LedgerEntry entry, TimeProvider time) =>
        HostKinds.Agent(entry.Address, time, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)));

    /// <summary>Runs until told to stop, or until no node needs it; never ends before every open guest is thawed.</summary>
    /// <exception cref="WatchdogException">The socket cannot be opened.</exception>
    internal async Task RunAsync(CancellationToken stop)
    {
        var path = WatchdogProtocol.SocketOf(_ledger);
        using var listener = Listen(path);
        _log.Line($"watching {_ledger.Directory}");
        var accepting = AcceptAsync(listener);

        using var timer = new PeriodicTimer(WatchdogProtocol.Interval, _time);
        var tick = _time.GetTimestamp();
        var look = tick;
        while (await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false))
        {
            var slept = _time.GetElapsedTime(tick);
            tick = _time.GetTimestamp();
            if (stop.IsCancellationRequested && !_leaving)
                Leave();
            if (slept > WatchdogProtocol.Silence / 2)
                Forgive(slept);
            else
                KillSilent();

            if (!_nodes.IsEmpty && !_leaving)
            {
                if (_time.GetElapsedTime(look) < LookForOverdue)
                    continue;
                look = tick;
                _thawer.ThawOverdue();
                continue;
            }
            if (_nodes.IsEmpty && _time.GetElapsedTime(look) >= Grace)
            {
                look = tick;
                _thawer.ThawOpen("no node is connected");
            }
            if (IsDone() && _thawer.Open().Count == 0)
                break;
        }

        // The socket's name goes first: a node that finds none starts another watchdog, which waits for this one's lock.
        File.Delete(path);
        listener.Dispose();
        await accepting.ConfigureAwait(false);
        _log.Line(_leaving ? "stopped" : "no node came back and no guest is frozen: ended");
    }

    public void Dispose() => _thawer.Dispose();

    private bool IsDone() => _leaving
        ? _nodes.IsEmpty || _time.GetElapsedTime(_leavingSince) >= Grace // for a window that was just being opened
        : !_stays && _nodes.IsEmpty && _time.GetElapsedTime(Interlocked.Read(ref _alone)) >= Linger;

    private void Leave()
    {
        (_leaving, _leavingSince) = (true, _time.GetTimestamp());
        var open = _thawer.Open();
        _log.Line(open.Count == 0 ? "told to stop" : $"told to stop; {Names(open)} first");
        foreach (var node in _nodes.Keys)
            node.SayLeaving();
    }

    /// <summary>The watchdog itself was stopped or got no processor, so silence says nothing about the nodes.</summary>
    private void Forgive(TimeSpan slept)
    {
        _log.Line(
            $"woke after {slept.TotalSeconds:0.0} s instead of 0.25 s, so every node has a fresh "
                + $"{WatchdogProtocol.Silence.TotalSeconds:0} s"
        );
        foreach (var node in _nodes.Keys)
            node.Forgive();
    }

    private void KillSilent()
    {
        foreach (var node in _nodes.Keys)
        {
            if (node.Silence is var silence && silence < WatchdogProtocol.Silence)
                continue;
            var open = _thawer.Open();
            if (open.Count == 0)
            {
                if (node.TellSilence())
                    _log.Line($"node {node.Pid} sends no heartbeat, but no guest is frozen: it is left alone");
                continue;
            }
            var failure = node.Kill();
            _log.Line($"node {node.Pid} was silent for {silence.TotalSeconds:0.0} s with {Names(open)} frozen: "
                + (failure is null ? "killed" : $"it cannot be killed: {failure}"));
            node.Forgive();
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (!File.Exists(WatchdogProtocol.SocketOf(_ledger)))
                    return;
                _log.Line($"accept: {e.Message}");
                await Task.Delay(WatchdogProtocol.Interval, _time).ConfigureAwait(false);
                continue;
            }
            _ = ServeAsync(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var node = await NodeConnection.WelcomeAsync(socket, _ledger, _leaving, _time, _log).ConfigureAwait(false);
        if (node is null)
            return;
        _nodes[node] = 0;
        _log.Line($"node {node.Pid} connected");
        await node.ListenAsync().ConfigureAwait(false);
        _nodes.TryRemove(node, out _);
        Interlocked.Exchange(ref _alone, _time.GetTimestamp());
        _log.Line($"node {node.Pid} hung up");
        _thawer.ThawOpen($"node {node.Pid} hung up");
    }

    private static Socket Listen(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            listener.Listen(16);
            return listener;
        }
        catch (Exception e) when (e is SocketException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            listener.Dispose();
            throw new WatchdogException($"Cannot listen on {path}: {e.Message}", e);
        }
    }

    private static string Names(List<LedgerEntry> entries)
    {
        const int shown = 10;
        var names = string.Join(", ", entries.Take(shown).Select(entry => entry.Vm));
        return entries.Count > shown ? $"{names} and {entries.Count - shown} more" : names;
    }
}
