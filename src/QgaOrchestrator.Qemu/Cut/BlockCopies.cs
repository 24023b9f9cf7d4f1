using System.Text.Json;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>
/// One blockdev-backup for each disk, all started at one point in time. Completion is individual: "grouped" with two or
/// more backups deadlocks QEMU's main loop when a later action fails (seen with 7.2).
/// </summary>
internal static class BlockCopies
{
    /// <summary>The kinds of names (<see cref="CutNames"/>) of what a copy needs in QEMU.</summary>
    public const string NameKinds = "ftj";

    /// <summary>From here on a target that fails during the copy costs the copy and not the guest's write.</summary>
    private static readonly Version BreaksSnapshot = new(10, 1);

    public static ReadOnlyMemory<byte> Transaction(
        CutNames names, IEnumerable<PlannedDisk> disks, long? bandwidth, Version? qemu) => MonitorArguments.Write(json =>
    {
        json.WriteStartArray("actions");
        foreach (var disk in disks)
        {
            json.WriteStartObject();
            json.WriteString("type", "blockdev-backup");
            json.WriteStartObject("data");
            WriteCopy(json, names, disk, bandwidth, qemu);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>The arguments of one disk's copy.</summary>
    public static void WriteCopy(Utf8JsonWriter json, CutNames names, PlannedDisk disk, long? bandwidth, Version? qemu)
    {
        json.WriteString("job-id", names.Job(disk.Index));
        json.WriteString("device", disk.Node);
        json.WriteString("target", names.TargetNode(disk.Index));
        json.WriteString("sync", "full");
        if (bandwidth is > 0) json.WriteNumber("speed", bandwidth.Value);
        json.WriteString("on-source-error", "report");
        json.WriteString("on-target-error", "report");
        if (qemu >= BreaksSnapshot) json.WriteString("on-cbw-error", "break-snapshot");
        json.WriteBoolean("auto-finalize", true);
        // A concluded job stays until it is dismissed: its result survives a crash of ours.
        json.WriteBoolean("auto-dismiss", false);
    }
}
