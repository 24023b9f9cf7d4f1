using System.Globalization;
using System.Text.Json.Nodes;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox;

/// <summary>Finds whether this is a host of Proxmox VE, and its VMs.</summary>
internal static class ProxmoxDetection
{
    public static DetectedVms? Detect(ProxmoxKind kind, HostSight host)
    {
        var site = new ProxmoxSite(
            Path.Combine(host.Root, "etc/pve"), Path.Combine(host.Root, "run/qemu-server"), TakesLock: true, host.Root);
        if (!Directory.Exists(site.Config) || !Directory.Exists(site.Sockets)) return null;
        var look = new ProxmoxSource(kind, site).Look();
        return new DetectedVms(
            kind.Name, $"this is host {site.Node} of Proxmox VE", [new JsonObject { ["Kind"] = kind.Name }],
            [.. look.Vms.Select(vm => new DetectedVm(vm.Name, PidOf(site, vm), [.. vm.Obstacles]))])
        {
            Missing = look.Faults is [var fault, ..] ? new(fault.Reason, fault.Remedy) : null,
        };
    }

    private static int? PidOf(ProxmoxSite site, FoundVm vm)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(site.Sockets, $"{vm.Name}.pid")).Trim();
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // it does not run
        }
    }
}
