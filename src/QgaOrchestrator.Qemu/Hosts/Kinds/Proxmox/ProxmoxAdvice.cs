using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox;

internal sealed class ProxmoxAdvice : IHostAdvice
{
    public VmObstacle NoMachine { get; } = new(
        "this VM has no monitor's socket", "Stop and start the VM: Proxmox makes the socket with each start");

    public string MachineRemedy =>
        "Check that the VM runs (qm status), and that no program holds its monitor for long: Proxmox's own tools let it go after "
            + "each command";

    public VmObstacle AgentHeld(VmAddress address, string? holder) => holder is null
        ? new(
            "an agent has opened the port and does not answer: another program holds the socket, or the agent hangs",
            $"See who has {address} (ss -xp, as root): a task of Proxmox's ends by itself; else restart qemu-ga in the guest")
        : new(
            $"{holder} has the agent's socket, and QEMU serves one client at a time",
            "A task of Proxmox's (vzdump, qm, pvedaemon) lets it go when its command ends; end another program that holds it");
}
