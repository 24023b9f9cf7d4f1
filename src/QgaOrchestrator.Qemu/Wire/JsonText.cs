using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace QgaOrchestrator.Qemu.Wire;

/// <summary>
/// JSON whose grammar is right may hold texts that are none: bytes that are no UTF-8, and halves of surrogate pairs as
/// escapes. Whoever reads such a text fails over it.
/// </summary>
public static class JsonText
{
    private const int EscapeLength = 6;

    /// <summary>The same value, with U+FFFD for what is no text. The same bytes where all of it is.</summary>
    /// <param name="json">Of a right grammar.</param>
    public static ReadOnlyMemory<byte> Mended(ReadOnlyMemory<byte> json)
    {
        var utf8 = Utf8.IsValid(json.Span) ? json : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.Span));
        var half = HalfAPair(utf8.Span, 0);
        if (half < 0) return utf8;
        var mended = utf8.ToArray();
        for (; half >= 0; half = HalfAPair(mended, half + EscapeLength)) "\\ufffd"u8.CopyTo(mended.AsSpan(half));
        return mended;
    }

    /// <summary>Where the next escape of half a surrogate pair stands; negative: none does.</summary>
    /// <param name="raw">As it was given, its escapes too.</param>
    public static int HalfAPair(ReadOnlySpan<byte> raw, int from)
    {
        for (var at = from; at < raw.Length;)
        {
            var next = raw[at..].IndexOf((byte)'\\');
            if (next < 0) return -1;
            at += next;
            if (Escaped(raw[at..]) is not { } first)
                at += 2;
            else if (!char.IsSurrogate(first))
                at += EscapeLength;
            else if (
                char.IsHighSurrogate(first)
                && Escaped(raw[(at + EscapeLength)..]) is { } second
                && char.IsLowSurrogate(second)
            )
                at += 2 * EscapeLength;
            else
                return at;
        }
        return -1;
    }

    /// <summary>The character of a \u escape that this begins with; else null.</summary>
    private static char? Escaped(ReadOnlySpan<byte> raw) =>
        raw.Length >= EscapeLength && raw.StartsWith("\\u"u8)
            && ushort.TryParse(raw[2..EscapeLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                ? (char)code
                : null;
}
