using System.Globalization;
using System.Text;

namespace QgaOrchestrator.Qemu.Wire;

/// <summary>
/// Text that a guest, QEMU or a hook wrote, as one line that can be stored and shown: bounded, and without a character that
/// moves a terminal's cursor, ends a line, or turns the direction of what follows. Where it enters it is made such a line
/// once; making it one again changes nothing.
/// </summary>
public static class ForeignText
{
    /// <summary>Characters of a name: of a host, a mount point, a version.</summary>
    public const int NameLength = 256;

    /// <summary>Bytes of a message, as UTF-8.</summary>
    public const int MessageBytes = 1024;

    /// <summary>Bytes of a reply that was not understood, and of a process's last words.</summary>
    public const int ExcerptBytes = 200;

    private const string Ellipsis = "…";

    /// <summary>A name of at most <see cref="NameLength"/> characters.</summary>
    public static string Name(string text) => Cut(text, NameLength, static rune => rune.Utf16SequenceLength, 1);

    /// <summary>A message of at most so many bytes.</summary>
    public static string Message(string text, int most = MessageBytes) =>
        Cut(text, most, static rune => rune.Utf8SequenceLength, Encoding.UTF8.GetByteCount(Ellipsis));

    /// <summary>The whole of it as one line.</summary>
    public static string Line(string text) => Cut(text, int.MaxValue, static _ => 0, 0);

    /// <summary>It moves no cursor, ends no line and turns no direction.</summary>
    public static bool IsPlain(Rune rune) => rune.IsAscii ? rune.Value is >= ' ' and < 0x7F : Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate => false,
        // Joiners are letters' own; the others are seen only by what they do to their neighbours.
        UnicodeCategory.Format => rune.Value is 0x200C or 0x200D,
        _ => true,
    };

    private static string Cut(string text, int most, Func<Rune, int> size, int ellipsis)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= most && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        var line = new StringBuilder(Math.Min(text.Length, 4096));
        var (taken, room) = (0, 0); // room: how much of the line stands where it has to be cut
        foreach (var given in text.EnumerateRunes())
        {
            var rune = Shown(given);
            if ((taken += size(rune)) > most) return line.ToString(0, room) + Ellipsis;
            _ = rune.IsBmp ? line.Append((char)rune.Value) : line.Append(rune.ToString());
            if (taken <= most - ellipsis) room = line.Length;
        }
        return line.ToString();
    }

    private static Rune Shown(Rune rune) => rune.Value switch
    {
        '\t' or '\n' or '\v' or '\f' or '\r' or 0x85 or 0x2028 or 0x2029 => new Rune(' '),
        _ => IsPlain(rune) ? rune : Rune.ReplacementChar,
    };
}
