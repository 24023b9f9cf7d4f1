using QgaOrchestrator.EndToEnd.Tests.Clusters;
using QgaOrchestrator.EndToEnd.Tests.Libvirt;
using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.EndToEnd.Tests.RealVms.Agent;
using QgaOrchestrator.EndToEnd.Tests.Simulated;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("QgaOrchestrator.EndToEnd.Tests.LongestFirst", "QgaOrchestrator.EndToEnd.Tests")]

namespace QgaOrchestrator.EndToEnd.Tests;

/// <summary>Starts the longest collections first, so that none of them is under way alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        nameof(FullVm), nameof(RealVmTests), nameof(LibvirtNode), nameof(EscrowTests), nameof(HostileAgentsTests),
        nameof(FormationTests), nameof(ProxmoxTests), nameof(AcrossHostsTests), nameof(SecretsTests),
        nameof(PasswordKillsTests), nameof(PasswordsAcrossHostsTests), nameof(WindowFaultTests), nameof(PartitionTests),
        nameof(StoreAwayTests), nameof(SharedNode), nameof(ClockStepTests), nameof(EndedNode),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection =>
            Array.FindIndex(Longest, name => collection.DisplayName.EndsWith(name, StringComparison.Ordinal)) is var at and >= 0
                ? at
                : Longest.Length
        );
}
