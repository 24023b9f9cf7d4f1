using System.Globalization;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Monitor.Queries;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;

/// <summary>
/// What a daemon that ended in the middle of a begin left in QEMU: targets that are open, and perhaps jobs that write to them.
/// Its successor knows of none of them. They are taken out by QEMU's monitor, which libvirt passes on; that marks the domain as
/// tainted, and so is done only where QEMU has a file of the point open.
/// </summary>
internal static class PushRemains
{
    /// <summary>As libvirt names the jobs of a backup.</summary>
    private const string JobPrefix = "backup-";

    /// <param name="directory">Of the point; no backup of libvirt's writes to it.</param>
    public static async Task RemoveAsync(
        LibvirtMachine machine, string directory, TimeProvider time, CutLimits limits, CancellationToken cancel)
    {
        var within = directory.TrimEnd('/') + "/";
        if (machine.Process is not { } qemu || !HasOpen(qemu, within)) return;
        var monitor = new LibvirtMonitor(machine);
        var nodes = (await QueryNamedBlockNodes.AskAsync(monitor, limits.Command).ConfigureAwait(false) ?? [])
            .Where(node => node.File?.StartsWith(within, StringComparison.Ordinal) == true)
            .Select(node => node.NodeName ?? "").ToHashSet();
        var removal = new Removal(monitor, time, limits);
        await removal.JobsAsync(job => job.StartsWith(JobPrefix, StringComparison.Ordinal), cancel).ConfigureAwait(false);
        await removal.NodesAsync(nodes.Contains, cancel).ConfigureAwait(false);
    }

    private static bool HasOpen(QemuProcess qemu, string within)
    {
        try
        {
            return Directory.EnumerateFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{qemu.Pid}/fd"))
                .Any(file => new FileInfo(file).LinkTarget?.StartsWith(within, StringComparison.Ordinal) == true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
