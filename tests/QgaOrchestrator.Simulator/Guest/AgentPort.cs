using System.Net.Sockets;
using System.Threading.Channels;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// The host's end of the virtio-serial port: QEMU's socket chardev. It serves one client, the next one connects and waits
/// unserved; what a client wrote is taken only while the guest has the port open and runs, and is lost if the client
/// leaves before; what the agent writes waits for whichever client comes.
/// </summary>
internal sealed class AgentPort : IAsyncDisposable
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(10);
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _line = new(1);
    private readonly SimulatedVm _vm;
    private readonly SocketServer _server;
    private Connection? _current;
    private TaskCompletionSource<Connection> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _clients;

    public AgentPort(SimulatedVm vm, string path) => (_vm, _server) = (vm, new SocketServer(path, Serve));

    public Channel<(Connection From, byte[] Bytes)> Taken { get; private set; } = NewChannel();

    public bool HasClient
    {
        get { lock (_gate) return _current is not null; }
    }

    public void Listen() => _server.Listen();

    public Task Close() => _server.Close();

    /// <summary>Whether the guest takes bytes: an agent has the port open, and the VM runs.</summary>
    public void SetOpen(bool open)
    {
        lock (_gate)
        {
            if (open) _open.TrySetResult();
            else if (_open.Task.IsCompleted) _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>What the old agent had taken dies with it.</summary>
    public void Forget() => Taken = NewChannel();

    public void Disconnect()
    {
        lock (_gate) _current?.Close();
    }

    /// <summary>Waits for a client if there is none; what one client did not take goes to the next.</summary>
    public async Task Send(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        // The first to begin is the first to end, though it may have to wait for a client.
        await _line.WaitAsync(stop);
        try
        {
            await SendAll(bytes, stop);
        }
        finally
        {
            _line.Release();
        }
    }

    private async Task SendAll(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        while (bytes.Length > 0)
        {
            Task<Connection> client;
            lock (_gate) client = _current is { } current ? Task.FromResult(current) : _next.Task;
            var connection = await client.WaitAsync(stop);
            if (connection.Deaf) return;
            try
            {
                var sent = await connection.Socket.SendAsync(bytes, SocketFlags.None, stop);
                bytes = bytes[sent..];
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                lock (_gate)
                {
                    if (_current == connection) Leave();
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _line.Dispose();
    }

    private async Task Serve(Socket socket, CancellationToken stop)
    {
        var connection = new Connection(socket, new Client(++_clients, PeerSockets.Pid(socket)));
        lock (_gate)
        {
            _current = connection;
            _next.TrySetResult(connection);
        }
        _vm.Tell("connect", "agent", connection.Client);
        try
        {
            await Pump(connection, stop);
        }
        finally
        {
            lock (_gate)
            {
                if (_current == connection) Leave();
            }
            connection.Close();
            _vm.Tell("disconnect", "agent", connection.Client);
        }
    }

    private async Task Pump(Connection connection, CancellationToken stop)
    {
        var buffer = new byte[4096];
        while (true)
        {
            // A read of nothing completes when there is something: the port's state decides only then whether to take it.
            await connection.Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, stop);
            while (!IsOpen(out var opened))
            {
                if (PeerSockets.HasLeft(connection.Socket)) return;
                await Task.WhenAny(opened, Task.Delay(_look, stop));
                stop.ThrowIfCancellationRequested();
                if (PeerSockets.HasLeft(connection.Socket)) return;
            }
            var read = await connection.Socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            if (read == 0) return;
            if (!connection.Deaf) Taken.Writer.TryWrite((connection, buffer.AsSpan(0, read).ToArray()));
        }
    }

    private bool IsOpen(out Task opened)
    {
        lock (_gate)
        {
            opened = _open.Task;
            return opened.IsCompleted;
        }
    }

    private void Leave()
    {
        _current = null;
        _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static Channel<(Connection, byte[])> NewChannel() =>
        Channel.CreateUnbounded<(Connection, byte[])>(new UnboundedChannelOptions { SingleReader = true });

    internal sealed class Connection(Socket socket, Client client)
    {
        public Socket Socket { get; } = socket;

        public Client Client { get; } = client;

        public volatile bool Deaf;

        public void Close() => Socket.Dispose();
    }
}
