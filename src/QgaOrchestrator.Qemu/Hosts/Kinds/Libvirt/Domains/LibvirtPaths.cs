using System.Globalization;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>Where libvirt's daemon keeps what runs.</summary>
internal static class LibvirtPaths
{
    public const string System = "qemu:///system", Session = "qemu:///session";

    /// <summary>Of the daemon's sockets.</summary>
    /// <param name="root">Where the host's file system begins: / but in a test.</param>
    public static string SocketsOf(string uri, string root) => uri == Session
        ? Path.Combine(
            Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own
                ? own
                : string.Create(CultureInfo.InvariantCulture, $"/run/user/{Libc.EffectiveUser()}"),
            "libvirt")
        : Path.Combine(root, "run/libvirt");

    /// <summary>What the daemon keeps of a running domain.</summary>
    /// <param name="ending">.pid, or .xml: what its next daemon knows of it.</param>
    public static string StateOf(LibvirtPlace place, RpcDomain domain, string ending) =>
        Path.Combine(place.Directory, place.Uri == Session ? "qemu/run" : "qemu", domain.Name + ending);

    /// <summary>By the file that the daemon writes for each domain; null: there is none, or its process has ended.</summary>
    public static QemuProcess? ProcessOf(LibvirtPlace place, RpcDomain domain)
    {
        var file = StateOf(place, domain, ".pid");
        try
        {
            return int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && HostProcesses.StartTicks(pid) is { } began
                    ? new(pid, began, (int)Libc.StatusOf(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}")).Uid)
                    : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
