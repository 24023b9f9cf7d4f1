namespace QgaOrchestrator.Architecture.Tests;

/// <summary>What the sources' README says of failures is shown by tests, and those are there.</summary>
public class FailureTableTests
{
    [Fact]
    public void Every_test_that_the_table_of_failures_names_exists()
    {
        var table = File.ReadAllText(Path.Combine(Repository.Root, "src", "README.md")).Split("## Failures")[1];
        var named = TestNames.In(table);

        Assert.True(named.Count > 20);
        Assert.Empty(named.Except(TestNames.Existing));
    }
}
