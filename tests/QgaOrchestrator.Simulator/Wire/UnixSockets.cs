using System.Buffers.Binary;
using System.Net.Sockets;

namespace QgaOrchestrator.Simulator;

/// <summary>Unix sockets as QEMU's socket chardev uses them: a backlog of one, one client served at a time.</summary>
internal static class UnixSockets
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    public static Socket Listen(string path)
    {
        File.Delete(path);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        return listener;
    }

    public static void Close(Socket? listener, string path)
    {
        listener?.Dispose();
        File.Delete(path);
    }

    /// <summary>Accepts, and accepts again only when that client is gone.</summary>
    public static async Task Serve(Socket listener, Func<Socket, Task> serve, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(stop);
                await serve(socket);
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                // That client's end, or ours: the loop's condition tells which.
            }
        }
    }

    public static int PeerPid(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return BinaryPrimitives.ReadInt32LittleEndian(credentials);
    }

    /// <summary>A write of nothing fails once the peer has closed, however much it left unread.</summary>
    public static bool PeerHasLeft(Socket socket)
    {
        socket.Send(ReadOnlySpan<byte>.Empty, SocketFlags.None, out var error);
        return error != SocketError.Success;
    }
}
