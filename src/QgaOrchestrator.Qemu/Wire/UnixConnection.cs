using System.Net.Sockets;

namespace QgaOrchestrator.Qemu.Wire;

/// <summary>The process at the other end, by SO_PEERCRED. <paramref name="Pid"/> is 0 from another pid namespace.</summary>
public sealed record PeerCredentials(int Pid, int Uid);

/// <summary>How a connect ended.</summary>
public abstract record ConnectOutcome
{
    private ConnectOutcome() { }

    /// <summary>Connected, which proves nothing yet: QEMU serves one client, others wait in the backlog unserved.</summary>
    public sealed record Connected(UnixConnection Connection) : ConnectOutcome;

    /// <summary>There is no socket, nobody listens on it, or we may not use it.</summary>
    public sealed record NoSocket(string Reason) : ConnectOutcome;

    /// <summary>The backlog is full: another client holds the socket, and more wait already.</summary>
    public sealed record Busy(string Reason) : ConnectOutcome;
}

/// <summary>
/// A unix socket to QEMU, and the only file here that touches one. One reader and one writer at a time;
/// <see cref="Dispose"/> may be called at any time and ends both.
/// </summary>
public sealed class UnixConnection : IDisposable
{
    private const int SolSocket = 1, SoPeerCred = 17;

    private readonly Socket _socket;
    private readonly LineReader _lines;

    private UnixConnection(Socket socket, LineMemory memory, TimeProvider time)
    {
        _socket = socket;
        _lines = new LineReader((buffer, cancel) => socket.ReceiveAsync(buffer, SocketFlags.None, cancel), memory, time);
        Peer = ReadPeer(socket);
    }

    /// <summary>Null where the system cannot tell.</summary>
    public PeerCredentials? Peer { get; }

    /// <inheritdoc cref="LineReader.Limit"/>
    public int LineLimit
    {
        set => _lines.Limit = value;
    }

    /// <summary>What the next line may be: see <see cref="LineReader.Limit"/> and <see cref="LineReader.IsSecret"/>.</summary>
    public void Expect(int limit, bool isSecret)
    {
        _lines.IsSecret = isSecret;
        _lines.Limit = limit;
    }

    /// <inheritdoc cref="LineReader.WaitsForMemory"/>
    public bool WaitsForMemory => _lines.WaitsForMemory;

    /// <summary>
    /// Connects without waiting: on a unix socket the kernel answers at once, so a full backlog is an answer (EAGAIN),
    /// and there is nothing that a time-out could bound.
    /// </summary>
    /// <param name="memory">For its long lines.</param>
    /// <param name="time">How long they hold it.</param>
    public static async ValueTask<ConnectOutcome> ConnectAsync(
        string path, LineMemory memory, TimeProvider time, CancellationToken cancellation = default)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return new ConnectOutcome.Connected(new UnixConnection(socket, memory, time));
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            return e.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain
                ? new ConnectOutcome.Busy("other clients hold the socket")
                : new ConnectOutcome.NoSocket(ReasonOf(e));
        }
        catch (ArgumentOutOfRangeException)
        {
            socket?.Dispose();
            return new ConnectOutcome.NoSocket("the path is longer than the 107 bytes that a unix socket may have");
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>The next line, or noise; null when the other end has closed.</summary>
    /// <exception cref="IOException">The connection broke, or was disposed here.</exception>
    public async ValueTask<WireLine?> ReadLineAsync()
    {
        try
        {
            return await _lines.ReadAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Completes when the kernel has taken every byte: at once, as long as its buffer has room.</summary>
    /// <exception cref="IOException">The connection broke, or was disposed here; a part may have been written.</exception>
    /// <param name="erases">The bytes are overwritten behind it, however it ends.</param>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, bool erases = false)
    {
        var written = bytes;
        try
        {
            while (!bytes.IsEmpty)
                bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            throw new IOException(e.Message, e);
        }
        finally
        {
            if (erases) written.Erase();
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _lines.LetGo();
    }

    /// <summary>The runtime calls a missing file an address that cannot be assigned.</summary>
    private static string ReasonOf(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.AddressNotAvailable => "no such socket",
        SocketError.ConnectionRefused => "nobody listens on the socket",
        SocketError.AccessDenied => "this user may not connect to the socket",
        _ => e.Message,
    };

    private static PeerCredentials? ReadPeer(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        Span<byte> ucred = stackalloc byte[12];
        var length = socket.GetRawSocketOption(SolSocket, SoPeerCred, ucred);
        return length < ucred.Length
            ? null
            : new(BitConverter.ToInt32(ucred), BitConverter.ToInt32(ucred[4..]));
    }
}
