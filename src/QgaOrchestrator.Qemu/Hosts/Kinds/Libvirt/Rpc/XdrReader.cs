using System.Buffers.Binary;
using System.Text;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

/// <summary>Values out of XDR (RFC 4506). What ends too early or is too long throws an
/// <see cref="RpcFormatException"/>.</summary>
internal ref struct XdrReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public int Int() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

    public uint UInt() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ulong Long() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>Bytes of a known length.</summary>
    public ReadOnlySpan<byte> Fixed(int length) => Take((length + 3) & ~3)[..length];

    public ReadOnlySpan<byte> Bytes()
    {
        var length = UInt();
        return length > RpcMessage.LongestText
            ? throw new RpcFormatException($"a text of {length} bytes is longer than libvirt's own limit")
            : Fixed((int)length);
    }

    public string Text() => Encoding.UTF8.GetString(Bytes());

    public bool IsThere() => UInt() != 0;

    /// <summary>A text that may be absent.</summary>
    public string? Optional() => IsThere() ? Text() : null;

    /// <summary>How many elements follow.</summary>
    /// <param name="smallest">Bytes of the smallest element.</param>
    public int Count(int smallest)
    {
        var count = UInt();
        return count > _rest.Length / smallest
            ? throw new RpcFormatException($"a list of {count} elements does not fit into its message")
            : (int)count;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length) throw new RpcFormatException("a message ends too early");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}

/// <summary>A message that is none of libvirt's protocol as we know it.</summary>
internal sealed class RpcFormatException(string reason) : Exception(reason);
