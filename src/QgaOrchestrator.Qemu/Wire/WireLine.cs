namespace QgaOrchestrator.Qemu.Wire;

/// <summary>Why a line was thrown away.</summary>
public enum LineFault
{
    None,

    /// <summary>It is longer than the limit; told once, as soon as it is.</summary>
    TooLong,

    /// <summary>It found no memory: other long lines held it, or took it over. Told once.</summary>
    NoMemory,
}

/// <summary>
/// One line from an agent or a monitor, without its end and without what stood before its last 0xFF. The bytes belong to
/// the receiver. With a <see cref="Fault"/>, and where only noise has come, it is no line and has no bytes.
/// </summary>
/// <param name="AfterSentinel">A 0xFF stood before the bytes: guest-sync-delimited's reply is marked so, and no other.</param>
public readonly record struct WireLine(ReadOnlyMemory<byte> Bytes, bool AfterSentinel)
{
    /// <summary>0xFF is legal neither in JSON nor in UTF-8: it resets the agent's parser, and marks its sync's reply.</summary>
    public const byte Sentinel = 0xFF;

    /// <summary>How many bytes were thrown away since the line before.</summary>
    public int Noise { get; init; }

    public LineFault Fault { get; init; }

    /// <summary>Strips '\r': a monitor ends its lines with "\r\n".</summary>
    internal static WireLine From(ReadOnlyMemory<byte> raw, bool afterSentinel) =>
        new(raw.Length > 0 && raw.Span[^1] == '\r' ? raw[..^1] : raw, afterSentinel);
}
