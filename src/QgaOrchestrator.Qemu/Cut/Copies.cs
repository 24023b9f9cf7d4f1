using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>The copies of a plan's disks, as QEMU's jobs tell of them at one look.</summary>
internal sealed record Copies(IReadOnlyList<Copies.Copy> All)
{
    public bool AllConcluded => All.All(copy => copy.Job is { IsConcluded: true });

    /// <summary>Those that are still known are concluded.</summary>
    public bool RestConcluded => All.All(copy => copy.Job is null or { IsConcluded: true });

    public bool AnyMissing => All.Any(copy => copy.Job is null);

    public bool NonePresent => All.All(copy => copy.Job is null);

    public bool AnyFailed => All.Any(copy => copy.Job?.Error is not null);

    public CopyProgress Progress => new(All.Sum(copy => copy.Done), All.Sum(copy => copy.Total));

    public static Copies Of(CutPlan plan, IReadOnlyList<Job> jobs) => new([.. plan.Disks.Select(disk => new Copy(
        disk, jobs.FirstOrDefault(job => job.Id == plan.Names.Job(disk.Index) && job.Type != "create")))]);

    /// <exception cref="CutException">A copy failed, or QEMU does not go on with it.</exception>
    public void ThrowIfFailed(JobWatch watch)
    {
        foreach (var copy in All)
            if (copy.Job is { } job && watch.IsStalled(job))
                throw new CutException(
                    $"QEMU has paused the copy of disk {copy.Disk.Index} ({copy.Disk.Node}) and does not resume it",
                    "Run the backup of this VM again. Somebody may have paused the job by QEMU's monitor; some QEMU versions "
                        + "also forget to resume one.");
        if (All.FirstOrDefault(copy => copy.Job?.Error is not null) is not { Job.Error: { } error } failed) return;
        throw CutErrors.IsFull(error)
            ? CutErrors.Full(failed.Disk.Image, error)
            : new($"the copy of disk {failed.Disk.Index} ({failed.Disk.Node}) failed: {error}",
                "See the storage of the disk and of the target, then run the backup again.");
    }

    /// <param name="Job">Null: QEMU does not know it.</param>
    internal sealed record Copy(PlannedDisk Disk, Job? Job)
    {
        // A job that was dismissed was whole; one that has just started does not know its size yet.
        public long Total => Job is { TotalProgress: > 0 } ? Job.TotalProgress : Disk.Size;

        public long Done => Job is null ? Disk.Size : Math.Min(Job.CurrentProgress, Total);
    }
}
