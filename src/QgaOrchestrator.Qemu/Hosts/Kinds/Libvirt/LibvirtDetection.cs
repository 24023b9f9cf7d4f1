using System.Text.Json.Nodes;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt;

/// <summary>Finds whether a daemon of libvirt's has VMs on this host.</summary>
internal static class LibvirtDetection
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    /// <param name="source">Of the host's own daemon.</param>
    /// <param name="directory">Of the daemon's sockets.</param>
    public static async Task<DetectedVms?> DetectAsync(LibvirtSource source, string directory, HostSight host)
    {
        if (!LibvirtHost.Sockets.Any(socket => File.Exists(Path.Combine(directory, socket)))) return null;
        SourceLook look;
        try
        {
            await source.ReadyAsync().WaitAsync(Limit, host.Time).ConfigureAwait(false);
            look = source.Look();
        }
        catch (TimeoutException)
        {
            look = new([], [new("its daemon does not answer", "Restart it (libvirtd or virtqemud); guests keep running", true)]);
        }
        var missing = look.Faults is [var fault, ..] ? new VmObstacle(fault.Reason, fault.Remedy) : null;
        // A daemon that was installed and has no VMs says nothing.
        if (look.Vms.Count == 0 && missing is null) return null;
        return new DetectedVms(
            source.Kind.Name, $"libvirt's daemon listens in {directory}", [new JsonObject { ["Kind"] = source.Kind.Name }],
            [.. look.Vms.Select(vm => new DetectedVm(vm.Name, PidOf(vm, host), [.. vm.Obstacles]))])
        {
            Missing = missing,
        };
    }

    private static int? PidOf(FoundVm vm, HostSight host) =>
        vm.Address is VmAddress.Through through && LibvirtPlace.TryParse(through.Locator, out var place)
            ? host.Qemus.FirstOrDefault(qemu => Guid.TryParse(qemu.Line.Uuid, out var uuid) && uuid == place.Uuid)?.Pid
            : null;
}
