using System.Buffers.Binary;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

/// <summary>What a message is (virnetprotocol.x, virNetMessageType).</summary>
internal enum RpcMessageType
{
    Call = 0,
    Reply = 1,

    /// <summary>An event: nobody has asked for it.</summary>
    Event = 2,
}

/// <summary>
/// The head of a message: its length with itself, then program, version, procedure, type, serial and status, 4 bytes each in
/// network order (virnetprotocol.x).
/// </summary>
internal readonly record struct RpcMessage(uint Program, int Procedure, RpcMessageType Type, uint Serial, bool IsError)
{
    public const int HeadLength = 28, LengthBytes = 4;

    /// <summary>Of a whole message (VIR_NET_MESSAGE_MAX of 32 MiB, and its length).</summary>
    public const int Longest = (32 << 20) + LengthBytes;

    /// <summary>REMOTE_STRING_MAX.</summary>
    public const int LongestText = 4 << 20;

    private const uint Version = 1;

    /// <summary>Fills the head of a call.</summary>
    public static void WriteHead(Span<byte> message, uint program, int procedure, uint serial)
    {
        uint[] head = [(uint)message.Length, program, Version, (uint)procedure, (uint)RpcMessageType.Call, serial, 0];
        for (var i = 0; i < head.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(message[(4 * i)..], head[i]);
    }

    /// <param name="message">Without its length.</param>
    public static RpcMessage Read(ReadOnlySpan<byte> message)
    {
        var reader = new XdrReader(message);
        var program = reader.UInt();
        if (reader.UInt() != Version) throw new RpcFormatException("a message is of another version of the protocol");
        return new(program, reader.Int(), (RpcMessageType)reader.UInt(), reader.UInt(), reader.UInt() == 1);
    }
}
