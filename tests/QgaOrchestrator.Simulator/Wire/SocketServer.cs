using System.Net.Sockets;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// A listening unix socket as QEMU's socket chardev has it: a backlog of one, and the next client is accepted only when
/// the present one has left. It can be closed and opened again.
/// </summary>
internal sealed class SocketServer(string path, Func<Socket, CancellationToken, Task> serve) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource? _open;
    private Task _serving = Task.CompletedTask;

    public void Listen()
    {
        lock (_gate)
        {
            if (_open is not null) return;
            File.Delete(path);
            var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(1);
            _open = new CancellationTokenSource();
            _serving = Serve(listener, _open.Token);
        }
    }

    /// <summary>The socket and its path vanish; a client that was served sees the end.</summary>
    public async Task Close()
    {
        CancellationTokenSource? open;
        lock (_gate) (open, _open) = (_open, null);
        if (open is null) return;
        File.Delete(path);
        await open.CancelAsync();
        await _serving;
        open.Dispose();
    }

    public async ValueTask DisposeAsync() => await Close();

    private async Task Serve(Socket listener, CancellationToken stop)
    {
        using (listener)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    var socket = await listener.AcceptAsync(stop);
                    await serve(socket, stop);
                }
                catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
                {
                    // That client's end, or ours: the loop's condition decides.
                }
            }
        }
    }
}
