using System.Buffers.Binary;
using System.Text;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

/// <summary>Values as XDR (RFC 4506), behind the place of a message's head.</summary>
/// <param name="isSecret">What is written lies in pinned memory, and every copy of it is overwritten.</param>
internal sealed class XdrWriter(bool isSecret = false)
{
    private byte[] _bytes = Allocate(256, isSecret);
    private int _length = RpcMessage.HeadLength;

    public XdrWriter Int(int value) => UInt(unchecked((uint)value));

    public XdrWriter UInt(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);
        return this;
    }

    public XdrWriter Long(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);
        return this;
    }

    /// <summary>Bytes of a known length.</summary>
    public XdrWriter Fixed(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Take((bytes.Length + 3) & ~3));
        return this;
    }

    public XdrWriter Text(ReadOnlySpan<byte> utf8) => UInt((uint)utf8.Length).Fixed(utf8);

    public XdrWriter Text(string text) => Text(Encoding.UTF8.GetBytes(text));

    /// <summary>A text that may be absent.</summary>
    public XdrWriter Optional(string? text) => text is null ? UInt(0) : UInt(1).Text(text);

    /// <summary>The whole message, whose head is still empty.</summary>
    public Memory<byte> Message => _bytes.AsMemory(0, _length);

    private static byte[] Allocate(int length, bool isSecret) => GC.AllocateArray<byte>(length, pinned: isSecret);

    /// <summary>The next bytes, all 0.</summary>
    private Span<byte> Take(int length)
    {
        if (_bytes.Length - _length < length)
        {
            var larger = Allocate(Math.Max(_bytes.Length * 2, _length + length), isSecret);
            _bytes.AsSpan(0, _length).CopyTo(larger);
            if (isSecret) ((ReadOnlyMemory<byte>)_bytes).Erase();
            _bytes = larger;
        }
        var taken = _bytes.AsSpan(_length, length);
        _length += length;
        return taken;
    }
}
