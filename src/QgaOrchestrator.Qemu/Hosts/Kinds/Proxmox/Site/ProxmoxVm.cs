using System.Globalization;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

/// <summary>A VM of a Proxmox host: its sockets, which Proxmox's own tools use too, and its config.</summary>
/// <param name="Id">Its VMID, which is its name.</param>
internal sealed record ProxmoxVm(int Id, ProxmoxSite Site)
    : VmAddress.Sockets(Site.AgentOf(Id), Site.MonitorOf(Id), SocketHold.PerCommand)
{
    public static string NameOf(int id) => id.ToString(CultureInfo.InvariantCulture);
}
