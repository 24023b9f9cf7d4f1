using System.Buffers.Binary;
using System.Net.Sockets;

namespace QgaOrchestrator.Simulator;

/// <summary>What Linux knows about the other end of a unix socket.</summary>
internal static class PeerSockets
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    public static int Pid(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return BinaryPrimitives.ReadInt32LittleEndian(credentials);
    }

    /// <summary>A write of nothing fails once the peer has closed, however much it left unread.</summary>
    public static bool HasLeft(Socket socket)
    {
        socket.Send(ReadOnlySpan<byte>.Empty, SocketFlags.None, out var error);
        return error != SocketError.Success;
    }
}
