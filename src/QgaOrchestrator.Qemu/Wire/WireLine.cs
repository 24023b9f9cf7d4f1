namespace QgaOrchestrator.Qemu.Wire;

/// <summary>
/// One line from an agent or a monitor, without its end and without what stood before its last 0xFF. The bytes belong to
/// the receiver.
/// </summary>
/// <param name="AfterSentinel">A 0xFF stood before the bytes: guest-sync-delimited's reply is marked so, and no other.</param>
public readonly record struct WireLine(ReadOnlyMemory<byte> Bytes, bool AfterSentinel)
{
    /// <summary>0xFF is legal neither in JSON nor in UTF-8: it resets the agent's parser, and marks its sync's reply.</summary>
    public const byte Sentinel = 0xFF;

    /// <summary>Strips '\r' (a monitor ends its lines with "\r\n") and all up to the last 0xFF.</summary>
    internal static WireLine From(ReadOnlyMemory<byte> raw)
    {
        if (raw.Length > 0 && raw.Span[^1] == '\r')
            raw = raw[..^1];
        var cut = raw.Span.LastIndexOf(Sentinel);
        return cut < 0 ? new(raw, false) : new(raw[(cut + 1)..], true);
    }
}
