using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Messages;

/// <summary>To a VM's actor, wherever its host is; the region finds it by <see cref="Vm"/>.</summary>
public interface IVmMessage
{
    VmId Vm { get; }
}
