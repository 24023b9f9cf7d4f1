using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>
/// Most tests of real VMs run one after another, an emulated guest takes a processor, and share a node. One that ends it starts
/// it again.
/// </summary>
[CollectionDefinition(nameof(RealVmTests))]
public sealed class RealVmTests : IAsyncLifetime, ICollectionFixture<RealVmTests>
{
    private readonly LinkedNode _node = new();

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>The node that these tests share; it sees these VMs, and no others, until the result is disposed.</summary>
    internal Task<ShownVms> ShowAsync(params IReadOnlyList<RealVm> vms) => ShownVms.OfAsync(_node, vms);

    /// <summary>What its fleet file says from now on.</summary>
    internal void WriteFleetFile(string text) => _node.WriteFleetFile(text);

    public async Task DisposeAsync() => await _node.DisposeAsync();
}
