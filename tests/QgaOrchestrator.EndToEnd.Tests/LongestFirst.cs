using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.EndToEnd.Tests.RealVms.Agent;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("QgaOrchestrator.EndToEnd.Tests.LongestFirst", "QgaOrchestrator.EndToEnd.Tests")]

namespace QgaOrchestrator.EndToEnd.Tests;

/// <summary>Starts the longest collections first: those of the real VMs, and that of the shared node.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest = [nameof(FullVm), nameof(RealVmTests), nameof(Simulated.SharedNode)];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(collection => Longest.Contains(collection.DisplayName));
}
