using System.Globalization;
using System.Text;

namespace QgaOrchestrator.Core.Fleet;

/// <summary>
/// A name as it is found on disk, fit for a list, a log and a terminal: what is not printed, as an escape sequence, stands as
/// its code point, and different names stay different. A VM's valid name is shown as it is.
/// </summary>
public static class ShownName
{
    private const int Longest = 128;

    public static string Of(string found)
    {
        var text = new StringBuilder();
        var at = 0;
        foreach (var rune in found.EnumerateRunes())
        {
            var shown = IsPrinted(rune) || rune.Value == ' ' && at > 0 && at < found.Length - 1
                ? rune.ToString()
                : string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            if (text.Length + shown.Length > Longest) return text.Append('…').ToString();
            text.Append(shown);
            at += rune.Utf16SequenceLength;
        }
        return text.ToString();
    }

    /// <summary>A backslash begins a code point, and a percent sign what a URL escapes.</summary>
    private static bool IsPrinted(Rune rune) =>
        rune.Value is not ('\\' or '%')
        && Rune.GetUnicodeCategory(rune)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.SpaceSeparator
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
            );
}
