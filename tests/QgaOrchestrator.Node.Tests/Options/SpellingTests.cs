using QgaOrchestrator.Node.Options;

namespace QgaOrchestrator.Node.Tests.Options;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("Node:Hots", "Node:Host")]
    [InlineData("node:apy", "Node:Api")]
    [InlineData("Freeze:Leasee", "Freeze:Lease")]
    [InlineData("Freze", "Freeze")]
    [InlineData("Zulu", null)]
    [InlineData("Weather:Sunny", null)]
    public void A_misspelt_name_finds_the_one_that_was_meant(string name, string? meant) =>
        Assert.Equal(meant, Spelling.Nearest(name, ["Node", "Node:Host", "Node:Api", "Freeze", "Freeze:Lease", "Fleet:File"]));
}
