namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>
/// What to do where another program has the agent's socket. Some must not be ended: libvirt's daemons own the channels of
/// their VMs, and Proxmox's tools come back with every backup.
/// </summary>
internal static class HolderAdvice
{
    private static readonly string[] Libvirt = ["libvirtd", "virtqemud"];

    /// <summary>Programs of a Proxmox host, as the kernel names them: Perl programs change their name to what they do.</summary>
    private static readonly string[] Proxmox = ["pve", "qm", "vzdump", "task UPID"];

    /// <param name="holder">As in "socat (pid 4711)".</param>
    /// <returns>A sentence without its full stop.</returns>
    public static string For(string holder) => holder switch
    {
        _ when Is(holder, Libvirt) =>
            "libvirt owns this channel: let it run, and add {\"Kind\": \"libvirt\"} to Fleet:Sources, which reaches the VM "
            + "through it",
        _ when Is(holder, Proxmox) => "Proxmox's tools share this socket: set \"Hold\": \"per-command\" for its source",
        _ => $"End {holder} if nobody needs it, or let it use another channel",
    };

    private static bool Is(string holder, string[] names) => names.Any(name => holder.StartsWith(name, StringComparison.Ordinal));
}
