using System.Net.Sockets;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

/// <summary>
/// One connection to libvirt's daemon, open and admitted. Several calls may be under way; replies are matched by serial.
/// Nothing here waits: who calls has a time-out of its own.
/// </summary>
internal sealed class RpcConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Dictionary<uint, TaskCompletionSource<RpcOutcome>> _waiting = [];
    private uint _serial;
    private string? _ended;

    private RpcConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket);
    }

    /// <summary>Raised once, when the connection ends without <see cref="Dispose"/>.</summary>
    public event Action<string>? Closed;

    /// <summary>On the reader's thread: do not block.</summary>
    public event Action<DomainEvent>? Happened;

    public bool IsOpen
    {
        get { lock (_gate) return _ended is null; }
    }

    /// <summary>Connects, is admitted (SASL is not spoken), and opens the driver of this URI.</summary>
    /// <param name="path">Of the daemon's socket.</param>
    /// <param name="uri">As in qemu:///system.</param>
    public static async Task<RpcOpening> OpenAsync(string path, string uri, TimeSpan timeout, TimeProvider time)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ArgumentOutOfRangeException)
        {
            socket.Dispose();
            return new RpcOpening.NoDaemon(ReasonOf(e, path));
        }
        var connection = new RpcConnection(socket);
        _ = connection.ReadAsync();
        try
        {
            if (await connection.AdmitAsync(uri).WaitAsync(timeout, time).ConfigureAwait(false) is not { } objection)
                return new RpcOpening.Ready(connection);
            connection.Dispose();
            return new RpcOpening.NoAnswer(objection);
        }
        catch (TimeoutException)
        {
            connection.Dispose();
            return new RpcOpening.NoAnswer($"libvirt's daemon does not answer on {path}: it hangs");
        }
        catch (RpcFormatException e)
        {
            connection.Dispose();
            return new RpcOpening.NoAnswer($"what answers on {path} is not libvirt's daemon: {e.Message}");
        }
    }

    /// <summary>Completes with the reply, or when the connection ends. Whoever waits no longer leaves it alone.</summary>
    public Task<RpcOutcome> Execute(RpcCall call)
    {
        TaskCompletionSource<RpcOutcome> waiter = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_ended is { } reason) return Task.FromResult<RpcOutcome>(new RpcOutcome.NotSent(reason));
            _waiting.Add(++_serial, waiter);
            RpcMessage.WriteHead(call.Arguments.Span, call.Program, call.Procedure, _serial);
        }
        _ = WriteAsync(call);
        return waiter.Task;
    }

    public void Dispose() => End("closed by its owner", told: false);

    /// <returns>Why we are not admitted; null: we are.</returns>
    private async Task<string?> AdmitAsync(string uri)
    {
        var listed = await Execute(RpcCall.Of(RemoteProcedure.AuthList)).ConfigureAwait(false);
        if (listed is not RpcOutcome.Returned ways) return Objection(listed);
        var types = Types(ways.Body.Span);
        if (!types.Contains(0))
        {
            const int polkit = 2;
            if (!types.Contains(polkit))
                return "libvirt's daemon asks for a password (SASL) on its local socket: set auth_unix_rw to none or polkit";
            var admitted = await Execute(RpcCall.Of(RemoteProcedure.AuthPolkit)).ConfigureAwait(false);
            if (admitted is not RpcOutcome.Returned) return Objection(admitted);
        }
        var opened = await Execute(RpcCall.Of(RemoteProcedure.ConnectOpen, new XdrWriter().Optional(uri).UInt(0)))
            .ConfigureAwait(false);
        return opened is RpcOutcome.Returned ? null : Objection(opened);

        static string Objection(RpcOutcome outcome) => outcome switch
        {
            RpcOutcome.Failed failed => failed.Error.ToString(),
            RpcOutcome.NotSent notSent => notSent.Reason,
            RpcOutcome.Unknown unknown => unknown.Reason,
            _ => "libvirt's daemon gave no answer",
        };
    }

    private static int[] Types(ReadOnlySpan<byte> body)
    {
        var reader = new XdrReader(body);
        var types = new int[reader.Count(4)];
        for (var i = 0; i < types.Length; i++) types[i] = reader.Int();
        return types;
    }

    private async Task WriteAsync(RpcCall call)
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            await _stream.WriteAsync(call.Arguments).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            End(e.Message, told: true);
        }
        finally
        {
            if (call.IsSecret) ((ReadOnlyMemory<byte>)call.Arguments).Erase();
            _writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        var reason = "libvirt's daemon closed the connection";
        try
        {
            var length = new byte[RpcMessage.LengthBytes];
            while (true)
            {
                await _stream.ReadExactlyAsync(length).ConfigureAwait(false);
                var rest = new XdrReader(length).UInt() - RpcMessage.LengthBytes;
                if (rest is < RpcMessage.HeadLength - RpcMessage.LengthBytes or > RpcMessage.Longest)
                    throw new RpcFormatException($"a message of {rest} bytes");
                var message = new byte[rest];
                await _stream.ReadExactlyAsync(message).ConfigureAwait(false);
                Hear(message);
            }
        }
        catch (EndOfStreamException)
        {
            // The daemon has ended.
        }
        catch (Exception e) // also a fault of ours: whoever waits on this connection is told, and begins with another
        {
            reason = e.Message;
        }
        End(reason, told: true);
    }

    private void Hear(byte[] message)
    {
        var head = RpcMessage.Read(message);
        var body = message.AsMemory(RpcMessage.HeadLength - RpcMessage.LengthBytes);
        if (head.Type == RpcMessageType.Event && head.Program == RpcProgram.Remote
            && DomainEvent.Read(head.Procedure, body.Span) is { } happened)
            Happened?.Invoke(happened);
        if (head.Type != RpcMessageType.Reply) return;
        TaskCompletionSource<RpcOutcome>? waiter;
        lock (_gate) _waiting.Remove(head.Serial, out waiter);
        waiter?.TrySetResult(
            head.IsError ? new RpcOutcome.Failed(RpcError.Read(body.Span)) : new RpcOutcome.Returned(body));
    }

    private void End(string reason, bool told)
    {
        TaskCompletionSource<RpcOutcome>[] waiting;
        lock (_gate)
        {
            if (_ended is not null) return;
            _ended = reason;
            waiting = [.. _waiting.Values];
            _waiting.Clear();
        }
        _stream.Dispose();
        _socket.Dispose();
        foreach (var waiter in waiting) waiter.TrySetResult(new RpcOutcome.Unknown(reason));
        if (told) Closed?.Invoke(reason);
    }

    private static string ReasonOf(Exception e, string path) => (e as SocketException)?.SocketErrorCode switch
    {
        SocketError.AddressNotAvailable => $"libvirt's daemon does not run: there is no socket {path}",
        SocketError.ConnectionRefused => $"libvirt's daemon does not run: nobody listens on {path}",
        SocketError.AccessDenied => $"this user may not speak to libvirt: {path} is not open to it",
        _ => $"{path}: {e.Message}",
    };
}
