using System.Net.Sockets;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Actors.Tests;

/// <summary>A watchdog that guards nobody: it says hello, echoes each beat, and counts them.</summary>
internal sealed class FakeWatchdog : IDisposable
{
    private readonly FreezeLedger _ledger;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Lock _gate = new();
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _node;
    private int _beats;

    public FakeWatchdog(FreezeLedger ledger)
    {
        _ledger = ledger;
        _listener.Bind(new UnixDomainSocketEndPoint(WatchdogProtocol.SocketOf(ledger)));
        _listener.Listen();
        _ = ServeAsync();
    }

    public int Beats
    {
        get { lock (_gate) return _beats; }
    }

    /// <summary>The beat after this call.</summary>
    public Task NextBeat()
    {
        lock (_gate) return _next.Task;
    }

    public void HangUp() => _node?.Dispose();

    public void Dispose()
    {
        _listener.Dispose();
        HangUp();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _node = await _listener.AcceptAsync();
                await EchoAsync(_node);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private async Task EchoAsync(Socket node)
    {
        try
        {
            await WatchdogProtocol.ReadLineAsync(node, CancellationToken.None);
            await WatchdogProtocol.SendLineAsync(node, WatchdogProtocol.Hello(_ledger), CancellationToken.None);
            var beat = new byte[1];
            while (await node.ReceiveAsync(beat) == 1)
            {
                await node.SendAsync(beat);
                TaskCompletionSource happened;
                lock (_gate)
                {
                    _beats++;
                    (happened, _next) = (_next, new(TaskCreationOptions.RunContinuationsAsynchronously));
                }
                happened.SetResult();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Hung up, by either.
        }
    }
}
