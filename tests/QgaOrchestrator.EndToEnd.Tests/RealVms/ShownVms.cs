using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>Real VMs that a shared node sees; disposed, it has let go of them.</summary>
internal sealed class ShownVms : IAsyncDisposable
{
    private readonly LinkedNode _shared;
    private readonly IReadOnlyList<RealVm> _vms;

    private ShownVms(LinkedNode shared, NodeProcess node, IReadOnlyList<RealVm> vms) =>
        (_shared, Node, _vms) = (shared, node, vms);

    public NodeProcess Node { get; }

    /// <param name="settings">The node's, the same each time.</param>
    public static async Task<ShownVms> OfAsync(LinkedNode shared, IReadOnlyList<RealVm> vms, params string[] settings)
    {
        var node = await shared.ReadyAsync(settings);
        shared.Show(vms.Select(vm => vm.Directory));
        return new(shared, node, vms);
    }

    public async ValueTask DisposeAsync()
    {
        _shared.Hide(_vms.Select(vm => vm.Directory));
        await _shared.HasNoneAsync();
    }
}
