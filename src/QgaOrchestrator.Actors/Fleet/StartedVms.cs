using System.Threading.Channels;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>VMs whose agent is ready under a QEMU process that this node has not seen before: for whoever looks after what a
/// restored guest may have brought back.</summary>
public sealed class StartedVms
{
    private readonly Channel<VmStatus> _started = Channel.CreateUnbounded<VmStatus>();

    internal void Add(VmStatus vm) => _started.Writer.TryWrite(vm);

    /// <summary>Done when there is one.</summary>
    public async Task WaitAsync(CancellationToken cancel) => await _started.Reader.WaitToReadAsync(cancel);

    public IReadOnlyList<VmStatus> Take()
    {
        var taken = new List<VmStatus>();
        while (_started.Reader.TryRead(out var vm)) taken.Add(vm);
        return taken;
    }
}
