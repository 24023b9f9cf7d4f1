using System.Text.RegularExpressions;

namespace QgaOrchestrator.Architecture.Tests;

/// <summary>The pages lead somewhere.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void Every_relative_link_of_every_page_leads_to_a_file_and_to_a_heading_in_it()
    {
        var pages = Pages().ToList();
        var dead = new List<string>();
        foreach (var page in pages)
        {
            foreach (var target in Links(File.ReadAllText(page)))
            {
                var (path, heading) = target.Split('#', 2) is [var before, var after] ? (before, after) : (target, null);
                var file = path.Length == 0 ? page : Path.GetFullPath(path, Path.GetDirectoryName(page)!);
                if (!Path.Exists(file)) dead.Add($"{Path.GetRelativePath(Repository.Root, page)}: {target} is not there");
                else if (heading is not null && File.Exists(file) && !Headings(File.ReadAllText(file)).Contains(heading))
                    dead.Add($"{Path.GetRelativePath(Repository.Root, page)}: {target} has no such heading");
            }
        }
        Assert.True(pages.Count > 5);
        Assert.Empty(dead);
    }

    [Theory]
    [InlineData("[a](x.md) and ![b](y.png \"title\")", "x.md y.png")]
    [InlineData("[a](https://example.org/x) [b](mailto:x@example.org)", "")]
    [InlineData("```\n[a](in-code.md)\n```\nand `[b](code.md)`", "")]
    public void A_link_is_relative_and_not_in_code(string text, string links) =>
        Assert.Equal(links, string.Join(' ', Links(text)));

    [Theory]
    [InlineData("## Who did what", "who-did-what")]
    [InlineData("# What `vm exec` says: 125!", "what-vm-exec-says-125")]
    public void A_headings_anchor_is_made_as_web_pages_make_it(string text, string name) => Assert.Equal([name], Headings(text));

    private static IEnumerable<string> Pages() =>
        Directory
            .EnumerateFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
            .Where(page =>
                !Path.GetRelativePath(Repository.Root, page)
                    .Split('/')
                    .Any(folder => folder is "bin" or "obj" or ".git" or "node_modules" or "TestResults")
            );

    private static IEnumerable<string> Links(string text) => Link().Matches(WithoutCode(text))
        .Select(match => match.Groups["target"].Value).Where(target => !Scheme().IsMatch(target));

    private static IEnumerable<string> Headings(string text) => Heading().Matches(Fence().Replace(text, ""))
        .Select(match => NoName().Replace(match.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    private static string WithoutCode(string text) => Span().Replace(Fence().Replace(text, ""), "");

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("`[^`\n]*`")]
    private static partial Regex Span();

    [GeneratedRegex("""\]\((?<target>[^)\s]+)(\s+"[^"]*")?\)""")]
    private static partial Regex Link();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*:", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();

    [GeneratedRegex("^#{1,6} (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NoName();
}
