using System.Text.Json.Serialization;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>A point in the making, beside its images: what a crash's successor needs to finish it.</summary>
/// <param name="Names">The hash that all names of the attempt share.</param>
/// <param name="Directory">Where the images are.</param>
/// <param name="Disks">Disks, nodes and images.</param>
/// <param name="Coverage">What is known of the disks' writers; null in a draft of an earlier release, and then nothing
/// is.</param>
/// <param name="Uuid">The VM's.</param>
/// <param name="OsId">osinfo's id, null where the guest did not tell.</param>
/// <param name="Lease">The window's.</param>
/// <param name="Facts">What the window saw, when it had closed; null before, and for a cut of a running guest.</param>
/// <param name="Copied">All images are whole and nothing of ours is in QEMU any more: what is left is to sum them.</param>
/// <param name="Verdict">What the member's group agreed upon, once all its windows had held.</param>
/// <param name="Method">How the disks were cut; null in a draft of a release that had one method only.</param>
/// <param name="Unfrozen">The cut was made of a running guest, as the options allow.</param>
/// <param name="Outside">What is not in the point.</param>
/// <param name="Passwords">Of the guest's escrowed accounts, as they were before the freeze: one item at a time works on a
/// VM.</param>
/// <param name="Machine">What is kept of the machine until now; null in a draft of an earlier release.</param>
/// <param name="States">What is still to be read for it, once the guest is thawed.</param>
/// <param name="Hooks">What the guest's freeze hook has reported of the window; null where it was not asked.</param>
internal sealed record PointDraft(
    string Names,
    string Directory,
    IReadOnlyList<PlannedDisk> Disks,
    Coverage? Coverage,
    string? Uuid,
    string? OsId,
    TimeSpan Lease,
    WindowFacts? Facts,
    bool Unfrozen,
    bool Copied = false,
    HookReport? Hooks = null,
    GroupVerdict? Verdict = null,
    string? Method = null,
    IReadOnlyList<PointOutside>? Outside = null,
    IReadOnlyList<PointPassword>? Passwords = null,
    PointMachine? Machine = null,
    IReadOnlyList<MachineState>? States = null
)
{
    /// <summary>The plan as it can still be finished; its cut was made.</summary>
    [JsonIgnore]
    public CutPlan Plan => new(CutNames.FromHash(Names), Directory, Disks);

    /// <summary>Earlier releases read it in any case.</summary>
    private string MethodName => Method?.ToLowerInvariant() ?? CutMethods.First;

    /// <summary>The finished point.</summary>
    public RecoveryPoint ToPoint(VmId vm, string run, string? group, PointDirectory directory, IReadOnlyList<ImageSum> images)
    {
        var record = Facts is null ? null : LedgerFacts.Record(Facts);
        var kind = ProofRules.Classify(
            new ProofFacts(
                record,
                Lease,
                OsId == "mswindows",
                HooksReported: Hooks is { Reported: true },
                [.. Disks.Select(CoverOf)],
                Contained: Coverage is { Outside.Count: 0 },
                Verdict?.Covered ?? true
            )
        );
        return new RecoveryPoint(
            1, directory.Id, vm.Name, vm.Host, Uuid, run, group, null, MethodName, kind.ToString()
                .ToLowerInvariant(),
            [.. Disks.Select((disk, i) => new PointDisk(
                disk.Index, disk.Node, disk.Qdev, Path.GetFileName(disk.Image), disk.Size, images[i].Bytes, images[i].Sha256,
                CoverOf(disk, i).ToString().ToLowerInvariant()))],
            Proof(record))
        {
            Directory = directory.Path,
            // A TPM whose state lies beside the images is not outside of the point.
            Outside = Machine?.Has(PointMachine.Tpm) == true ? [.. (Outside ?? []).Where(disk => disk.Why != PointMachine.Tpm)]
                : Outside,
            Passwords = Passwords,
            Machine = Machine,
        };
    }

    private PointProof Proof(WindowRecord? record) =>
        new(Facts?.FrozenAt, Facts?.CutAt, Facts?.ThawedAt, Facts?.Frozen, Facts?.Thawed, Verdict?.SkewMs, Hooks?.Scripts)
        {
            FrozenAfterMs = Facts?.FrozenAfterMs,
            CutAfterMs = Facts?.CutAfterMs,
            ThawedAfterMs = Facts?.ThawedAfterMs,
            FrozenMs = record?.FrozenMs,
            Note = Unfrozen ? "cut while the guest was running" + Apart() : Note(),
        };

    /// <summary>QEMU cuts all disks in one transaction; what a hook does nobody but its storage knows.</summary>
    private string Apart() =>
        Disks.Count > 1 && !CutMethods.Require(MethodName).CutsAtOneInstant
            ? ", each of its disks when the hook came to it"
            : "";

    private DiskCover CoverOf(PlannedDisk disk, int index) => Coverage?.Disks[index].Cover ?? DiskCover.Unknown;

    private string? Note()
    {
        var gaps = Coverage?.Gaps ?? ["nothing is known of the disks' writers"];
        var group = gaps.Count == 0 && Verdict is { Covered: false }
            ? "not every disk of the group is known to be covered by a frozen file system"
            : null;
        string?[] notes =
        [
            group,
            gaps.Count == 0
                ? null
                : $"not everything that writes is known to be a frozen file system on these disks: "
                    + $"{string.Join("; ", gaps)}{Apart()}",
            Hooks?.Note,
        ];
        return notes.Any(note => note is not null) ? string.Join("; ", notes.Where(note => note is not null)) : null;
    }
}
