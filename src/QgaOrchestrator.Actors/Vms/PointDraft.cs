using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Runs.Kinds;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>A point in the making, beside its images: what a crash's successor needs to finish it.</summary>
/// <param name="Names">The hash that all names of the attempt share.</param>
/// <param name="Directory">Where the images are.</param>
/// <param name="Disks">Disks, nodes and images.</param>
/// <param name="Covers">By the plan's order: whether a file system that froze covers the disk.</param>
/// <param name="Uuid">The VM's.</param>
/// <param name="OsId">osinfo's id, null where the guest did not tell.</param>
/// <param name="Lease">The window's.</param>
/// <param name="Facts">What the window saw, when it had closed; null before, and for a cut of a running guest.</param>
/// <param name="Copied">All images are whole and nothing of ours is in QEMU any more: what is left is to sum them.</param>
/// <param name="Verdict">What the member's group agreed upon, once all its windows had held.</param>
/// <param name="Method">How the disks were cut.</param>
/// <param name="Unfrozen">The cut was made of a running guest, as the options allow.</param>
/// <param name="Hooks">What the guest's freeze hook has reported of the window; null where it was not asked.</param>
internal sealed record PointDraft(
    string Names, string Directory, IReadOnlyList<PlannedDisk> Disks, IReadOnlyList<DiskCover> Covers, string? Uuid, string? OsId, TimeSpan Lease, WindowFacts? Facts, bool Unfrozen, bool Copied = false, HookReport? Hooks = null, GroupVerdict? Verdict = null, BackupMethod Method = BackupMethod.Full)
{
    /// <summary>The plan as it can still be finished; its cut was made.</summary>
    [JsonIgnore]
    public CutPlan Plan => new(CutNames.FromHash(Names), Directory, Disks);

    /// <summary>The finished point.</summary>
    public RecoveryPoint ToPoint(VmId vm, string run, string? group, PointDirectory directory, IReadOnlyList<ImageSum> images)
    {
        var record = Facts is null ? null : LedgerFacts.Record(Facts);
        var kind = ProofRules.Classify(new ProofFacts(record, Lease, OsId == "mswindows", HooksReported: Hooks is { Reported: true }, Covers, Verdict?.Covered ?? true));
        return new RecoveryPoint(
            1, directory.Id, vm.Name, vm.Host, Uuid, run, group, null, Method.ToString().ToLowerInvariant(), kind.ToString().ToLowerInvariant(),
            [.. Disks.Select((disk, i) => new PointDisk(
                disk.Index, disk.Node, disk.Qdev, Path.GetFileName(disk.Image), disk.Size, images[i].Bytes, images[i].Sha256,
                Covers[i].ToString().ToLowerInvariant()))],
            Proof(record))
        {
            Directory = directory.Path,
        };
    }

    private PointProof Proof(WindowRecord? record) => new(Facts?.FrozenAt, Facts?.CutAt, Facts?.ThawedAt, Facts?.Frozen, Facts?.Thawed, Verdict?.SkewMs, Hooks?.Scripts)
    {
        FrozenAfterMs = Facts?.FrozenAfterMs,
        CutAfterMs = Facts?.CutAfterMs,
        ThawedAfterMs = Facts?.ThawedAfterMs,
        FrozenMs = FrozenMs(record),
        Note = Unfrozen ? "cut while the guest was running" + Apart() : Note(),
    };

    /// <summary>QEMU cuts all disks in one transaction; what a hook does nobody but its storage knows.</summary>
    private string Apart() => Method == BackupMethod.Hook && Disks.Count > 1 ? ", each of its disks when the hook came to it" : "";

    public static double? FrozenMs(WindowRecord? record) =>
        record is { FrozenAt: { } frozen, ThawedAt: { } thawed } ? (thawed - frozen).TotalMilliseconds : null;

    private string? Note()
    {
        var open = Disks.Where((_, i) => Covers[i] != DiskCover.Covered).Select(disk => $"{disk.Node} {Covers[disk.Index].ToString().ToLowerInvariant()}").ToList();
        var group = open.Count == 0 && Verdict is { Covered: false } ? "not every disk of the group is known to be covered by a frozen file system" : null;
        string?[] notes = [group, open.Count == 0 ? null : $"not every disk is known to be covered by a frozen file system: {string.Join(", ", open)}{Apart()}", Hooks?.Note];
        return notes.Any(note => note is not null) ? string.Join("; ", notes.Where(note => note is not null)) : null;
    }
}
