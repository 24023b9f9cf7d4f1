using System.Globalization;
using System.Text;

namespace QgaOrchestrator.Cli.Output;

/// <summary>How many columns of a terminal a text takes: a Chinese character takes two, a combining accent none.</summary>
internal static class TextWidth
{
    /// <summary>First and last of the characters that take two columns (Unicode's East Asian Width W and F, and
    /// pictures).</summary>
    private static readonly (int First, int Last)[] _wide =
    [
        (0x1100, 0x115F), (0x231A, 0x231B), (0x2329, 0x232A), (0x23E9, 0x23EC), (0x23F0, 0x23F0), (0x23F3, 0x23F3),
        (0x25FD, 0x25FE), (0x2614, 0x2615), (0x2648, 0x2653), (0x267F, 0x267F), (0x2693, 0x2693), (0x26A1, 0x26A1),
        (0x26AA, 0x26AB), (0x26BD, 0x26BE), (0x26C4, 0x26C5), (0x26CE, 0x26CE), (0x26D4, 0x26D4), (0x26EA, 0x26EA),
        (0x26F2, 0x26F3), (0x26F5, 0x26F5), (0x26FA, 0x26FA), (0x26FD, 0x26FD), (0x2705, 0x2705), (0x270A, 0x270B),
        (0x2728, 0x2728), (0x274C, 0x274C), (0x274E, 0x274E), (0x2753, 0x2755), (0x2757, 0x2757), (0x2795, 0x2797),
        (0x27B0, 0x27B0), (0x27BF, 0x27BF), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50), (0x2B55, 0x2B55), (0x2E80, 0x303E),
        (0x3041, 0x33FF), (0x3400, 0x4DBF), (0x4E00, 0xA4CF), (0xA960, 0xA97F), (0xAC00, 0xD7A3), (0xF900, 0xFAFF),
        (0xFE10, 0xFE19), (0xFE30, 0xFE6F), (0xFF01, 0xFF60), (0xFFE0, 0xFFE6), (0x16FE0, 0x18DFF), (0x1AFF0, 0x1B2FB),
        (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF), (0x1F18E, 0x1F18E), (0x1F191, 0x1F19A), (0x1F200, 0x1F64F),
        (0x1F680, 0x1F6FF), (0x1F7E0, 0x1F7EB), (0x1F900, 0x1F9FF), (0x1FA70, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    private const int PictureFollows = 0xFE0F;

    public static int Of(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text.Length;
        var width = 0;
        for (int at = 0, length; at < text.Length; at += length)
        {
            length = Length(text, at);
            width += OfElement(text.AsSpan(at, length));
        }
        return width;
    }

    /// <summary>As much of the text as fits, and … where it does not all fit.</summary>
    public static string Fit(string text, int width)
    {
        if (Of(text) <= width) return text;
        var (end, taken) = (0, 0);
        while (end < text.Length)
        {
            var length = Length(text, end);
            var next = taken + OfElement(text.AsSpan(end, length));
            if (next > width - 1) break;
            (end, taken) = (end + length, next);
        }
        return text[..end] + "…";
    }

    /// <summary>The text, and spaces up to the width.</summary>
    public static string Pad(string text, int width) => text + new string(' ', Math.Max(0, width - Of(text)));

    /// <summary>Of the letter with its marks that begins there. Between two plain characters nothing needs to be looked
    /// up.</summary>
    private static int Length(string text, int at) =>
        at + 1 < text.Length && text[at] is >= ' ' and <= '~' && text[at + 1] is >= ' ' and <= '~'
            ? 1
            : StringInfo.GetNextTextElementLength(text, at);

    /// <summary>A letter with all its marks, or a picture of several.</summary>
    private static int OfElement(ReadOnlySpan<char> element)
    {
        if (element is [>= ' ' and <= '~']) return 1;
        var width = 0;
        foreach (var rune in element.EnumerateRunes())
            width = rune.Value == PictureFollows ? 2 : Math.Max(width, OfRune(rune));
        return width;
    }

    private static int OfRune(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ => Array.Exists(_wide, range => rune.Value >= range.First && rune.Value <= range.Last) ? 2 : 1,
    };
}
