using System.Text.RegularExpressions;

namespace QgaOrchestrator.Architecture.Tests;

/// <summary>A file, a line and a test's name stay within what a reader takes in at once.</summary>
public partial class SourceShapeTests
{
    private const int MostLines = 350, MostColumns = 130, LongestTestName = 80;

    [Fact]
    public void No_file_has_more_than_350_lines_and_no_line_more_than_130_columns()
    {
        string[] faults = [.. Sources.All.SelectMany(Faults)];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Fact]
    public void No_test_has_a_name_longer_than_80_characters() =>
        Assert.DoesNotContain(TestNames.Existing, name => name.Length > LongestTestName);

    private static IEnumerable<string> Faults(Source source)
    {
        if (source.Lines.Count > MostLines) yield return $"{source.Path}: {source.Lines.Count} lines";
        foreach (var (index, line) in Shown(source).Index())
            if (line.Length > MostColumns) yield return $"{source.Path}:{index + 1}: {line.Length} columns";
    }

    /// <summary>In a test what a peer sends or a command prints is one text, however wide: only what is around it counts.</summary>
    private static IEnumerable<string> Shown(Source source) => source.Path.StartsWith("src/", StringComparison.Ordinal)
        ? source.Lines
        : Texts().Replace(source.Text, text => new string('\n', text.Value.Count(c => c == '\n'))).Split('\n');

    [GeneratedRegex(""""("{3,})[\s\S]*?\1|"(?:[^"\\\n]|\\.)*"|//[^\n]*"""")]
    private static partial Regex Texts();
}
