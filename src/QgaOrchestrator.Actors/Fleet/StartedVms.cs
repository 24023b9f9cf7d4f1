using System.Collections.Concurrent;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>VMs whose agent is ready under a QEMU process that this node has not seen before: for whoever looks after what a
/// restored guest may have brought back.</summary>
public sealed class StartedVms
{
    private readonly ConcurrentQueue<VmStatus> _started = [];
    private readonly SemaphoreSlim _any = new(0);

    internal void Add(VmStatus vm)
    {
        _started.Enqueue(vm);
        if (_any.CurrentCount == 0) _any.Release();
    }

    /// <summary>Done when there is one, or when there may be.</summary>
    public Task WaitAsync(CancellationToken cancel) => _any.WaitAsync(cancel);

    public IReadOnlyList<VmStatus> Take()
    {
        var taken = new List<VmStatus>();
        while (_started.TryDequeue(out var vm)) taken.Add(vm);
        return taken;
    }
}
