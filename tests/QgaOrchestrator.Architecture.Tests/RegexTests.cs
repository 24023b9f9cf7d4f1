using System.Text.RegularExpressions;

namespace QgaOrchestrator.Architecture.Tests;

/// <summary>A pattern that ends with $ takes a trailing newline too, so a name could hold one: patterns end with \z.</summary>
public partial class RegexTests
{
    [Fact]
    public void No_pattern_in_src_ends_with_a_dollar_sign() => Assert.Empty(Directory
        .EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(file =>
            !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
        )
        .SelectMany(file =>
            WithDollar(File.ReadAllText(file))
                .Select(pattern => $"{Path.GetRelativePath(Repository.Root, file)}: {pattern}")
        )
    );

    [Theory]
    [InlineData("""[GeneratedRegex("^[0-9]+$")]""", true)]
    [InlineData("""[GeneratedRegex(@"^[0-9]+$", RegexOptions.CultureInvariant)]""", true)]
    [InlineData("""Regex.IsMatch(text, "a$|b")""", true)]
    [InlineData(""""new Regex("""^"x"$""")"""", true)]
    [InlineData("""[GeneratedRegex(@"^[0-9]+\z")]""", false)]
    [InlineData("""[GeneratedRegex(@"^cost \$[0-9]+\z")]""", false)]
    [InlineData("""[GeneratedRegex(@"^[$a-z]+\z")]""", false)]
    [InlineData("""Console.Write("$")""", false)]
    public void The_scan_finds_a_pattern_with_a_dollar_sign(string code, bool found) =>
        Assert.Equal(found, WithDollar(code).Any());

    private static IEnumerable<string> WithDollar(string code) =>
        Pattern().Matches(code).Select(match => match.Groups["pattern"].Value).Where(
            pattern => Dollar().IsMatch(Set().Replace(pattern, "")));

    [GeneratedRegex("""""Regex(?:\.\w+)?\((?:[\w.]+, )?(?<pattern>"""(?:.|\n)*?"""|@?"(?:[^"\\]|\\.|"")*")""""")]
    private static partial Regex Pattern();

    /// <summary>Inside brackets it is a character like any other.</summary>
    [GeneratedRegex(@"\[(?:[^\]\\]|\\.)*\]")]
    private static partial Regex Set();

    [GeneratedRegex(@"(?<!\\)\$")]
    private static partial Regex Dollar();
}
