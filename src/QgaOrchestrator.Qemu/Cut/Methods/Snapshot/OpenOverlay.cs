using System.Text.Json.Serialization;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Cut.Methods.Snapshot;

/// <summary>
/// An obligation: overlays of ours that a VM may be writing to. Stored before the transaction is sent, removed when they are
/// committed and gone. Only the QEMU process that made them may commit them: any other one has opened the base by itself.
/// </summary>
/// <param name="Vm">As in HOST~VM.</param>
/// <param name="Hash">The attempt's (<see cref="CutNames.Hash"/>).</param>
/// <param name="Qemu">The process that made the overlays.</param>
/// <param name="BootId">The host's, when they were made.</param>
/// <param name="Since">Before the cut.</param>
/// <param name="Directory">Where the attempt's images are.</param>
/// <param name="Bandwidth">Bytes per second for each disk's copy, null for no limit.</param>
/// <param name="Disks">Base and overlay of each disk.</param>
public sealed record OpenOverlay(
    string Vm, string Hash, QemuProcess Qemu, string BootId, DateTimeOffset Since, string Directory, long? Bandwidth,
    IReadOnlyList<OverlaidDisk> Disks)
{
    /// <summary>All that was written is in the bases again: what is left is to remove files.</summary>
    [JsonIgnore]
    public bool Committed => Disks.All(disk => disk.Committed);

    /// <summary>What happens until it is committed.</summary>
    [JsonIgnore]
    public string Warning =>
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"the VM writes to overlays of a snapshot: started again from its original command line it loses what it wrote "
                + $"since {Since:u}"
        );

    /// <summary>Whether this is the very process that made the overlays.</summary>
    public bool IsOf(QemuProcess? process) =>
        process is not null
        && process.Pid == Qemu.Pid
        && process.StartTicks == Qemu.StartTicks
        && BootId == HostProcesses.BootId();

    /// <summary>The process is gone: nobody but the operator may say which of base and overlay holds.</summary>
    public CutException Lost()
    {
        var commands = Disks.Where(disk => !disk.Committed).Select(disk =>
            $"qemu-img info --backing-chain {disk.Overlay}; qemu-img commit -b {disk.Base} {disk.Overlay}; rm {disk.Overlay}");
        return new(
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"the QEMU process that made the VM's overlays (pid {Qemu.Pid}) is gone: what the guest wrote after {Since:u} "
                    + $"is in {string.Join(", ", Disks.Select(disk => disk.Overlay))}"
            ),
            $"Stop the VM. If it was not started from its original disks since, commit the overlays: "
                + $"{string.Join("; ", commands)}; or start it from the overlays. "
                + "If it was, a commit would damage its disks: keep what it has, and move the overlays away. When their files "
                    + "are gone the VM is let in again"
        );
    }
}

/// <summary>One disk under an overlay: node name and file of the base, file of the overlay, absolute paths.</summary>
/// <param name="Committed">QEMU's job said so: the base holds all that the guest wrote.</param>
public sealed record OverlaidDisk(int Index, string Node, string Base, string Overlay, bool Committed = false);
