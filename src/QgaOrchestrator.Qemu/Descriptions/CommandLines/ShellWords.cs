using System.Text;

namespace QgaOrchestrator.Qemu.Descriptions.CommandLines;

/// <summary>Arguments as a POSIX shell takes them.</summary>
internal static class ShellWords
{
    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=:,+@%".Contains(c, StringComparison.Ordinal))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    /// <summary>Words with quotes and backslashes, and nothing else of a shell's.</summary>
    public static IReadOnlyList<string> Split(string line)
    {
        var (words, word, quote, begun) = (new List<string>(), new StringBuilder(), '\0', false);
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (c == '\\' && quote != '\'' && i + 1 < line.Length)
            {
                word.Append(line[++i]);
                begun = true;
            }
            else if (quote != '\0' && c == quote) quote = '\0';
            else if (quote == '\0' && (c is '\'' or '"')) (quote, begun) = (c, true);
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (begun) words.Add(word.ToString());
                word.Clear();
                begun = false;
            }
            else
            {
                word.Append(c);
                begun = true;
            }
        }

        if (begun) words.Add(word.ToString());
        return words;
    }
}
