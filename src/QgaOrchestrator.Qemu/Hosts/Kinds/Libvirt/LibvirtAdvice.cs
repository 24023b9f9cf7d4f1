using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt;

internal sealed class LibvirtAdvice : IHostAdvice
{
    public VmObstacle NoMachine { get; } = new("libvirt cannot be asked for this VM", "Start libvirt's daemon");

    public string MachineRemedy =>
        "Check that libvirt's daemon (libvirtd or virtqemud) runs and answers: virsh list; it may be restarted while guests run. "
        + "Run this node as root or in the group libvirt";

    public VmObstacle AgentHeld(VmAddress address, string? holder) => new(
        "an agent has opened the port and does not answer through libvirt: another client of libvirt's holds it, or it hangs",
        AgentAnswers.EndOthers);
}
