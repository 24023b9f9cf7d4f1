using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt;

internal sealed class LibvirtAdvice : IHostAdvice
{
    public VmObstacle NoMachine { get; } = new("libvirt cannot be asked for this VM", "Start libvirt's daemon");

    public string MachineRemedy =>
        "Check that libvirt's daemon (libvirtd or virtqemud) runs and answers: virsh list; it may be restarted while guests run";

    public VmObstacle AgentHeld(VmAddress address, string? holder) => new(
        "an agent has opened the port and does not answer through libvirt: another client of libvirt's holds it, or it hangs",
        "End what else asks the agent through libvirt; else restart qemu-ga in the guest, and then libvirt's daemon (guests "
        + "keep running)");
}
