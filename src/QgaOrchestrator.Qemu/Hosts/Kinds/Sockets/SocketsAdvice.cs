using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

internal sealed class SocketsAdvice : IHostAdvice
{
    public VmObstacle NoMachine { get; } = new(
        "this VM has no monitor's socket",
        "Give QEMU a monitor for this node: -qmp unix:PATH,server=on,wait=off, and name its pattern as Monitor of the source");

    public string MachineRemedy =>
        "Check that QEMU runs; where libvirt has this monitor, give QEMU another one for qgad, and where Proxmox has it, use "
            + "\"Hold\": \"per-command\"";

    public VmObstacle AgentHeld(VmAddress address, string? holder) => holder is null
        ? new(
            "an agent has opened the port and does not answer: another program holds the socket, or the agent hangs",
            $"See who has {address} (ss -xp, as root); else restart qemu-ga in the guest")
        : new($"{holder} has the agent's socket, and QEMU serves one client at a time", HolderAdvice.For(holder));
}
