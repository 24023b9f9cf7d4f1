using System.Text.RegularExpressions;

namespace QgaOrchestrator.Architecture.Tests;

/// <summary>What the sources' README says of failures is shown by tests, and those are there.</summary>
public partial class FailureTableTests
{
    [Fact]
    public void Every_test_that_the_table_of_failures_names_exists()
    {
        var table = File.ReadAllText(Path.Combine(Repository.Root, "src", "README.md")).Split("## Failures")[1];
        var named = Name().Matches(table).Select(match => match.Groups[1].Value).ToList();
        var existing = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .SelectMany(file => Method().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .ToHashSet();

        Assert.True(named.Count > 20);
        Assert.Empty(named.Except(existing));
    }

    [GeneratedRegex("`([A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"public (?:async )?(?:Task|void) ([A-Za-z0-9_]+)\(")]
    private static partial Regex Method();
}
