using QgaOrchestrator.Qemu.Disks;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>
/// One way to cut all writable disks of a VM at one point in time. Everything that it makes in QEMU and on disk is named
/// from <see cref="CutNames"/>, so that after a crash whatever exists is found by looking.
/// Order: prepare (guest running, slow) → cut (guest frozen, one transaction) → finish (guest running, slow), or undo at
/// any time.
/// </summary>
public interface ICut
{
    /// <summary>Makes, allocates and attaches the targets and checks the monitor's and each disk's response.</summary>
    /// <exception cref="CutException">With the reason and its remedy; what was made until then is undone.</exception>
    Task<CutPlan> PrepareAsync(CutNames names, CutTarget target, CancellationToken cancel);

    /// <summary>The cut itself: one transaction over all disks. Never throws; an unknown outcome is told as such.</summary>
    Task<CutOutcome> CutAsync(CutPlan plan, TimeSpan timeout);

    /// <summary>Follows the copies to their end, dismisses the jobs and detaches the targets. Can be called again after a
    /// crash: jobs are found by name.</summary>
    /// <exception cref="CutException">A copy failed or is lost; nothing is undone yet.</exception>
    Task FinishAsync(CutPlan plan, Action<CopyProgress> progress, CancellationToken cancel);

    /// <summary>Removes every job, node and file of these names, in any state of theirs. Idempotent.</summary>
    /// <exception cref="CutException">Something of ours could not be removed; it names what.</exception>
    Task UndoAsync(CutNames names, string directory, CancellationToken cancel);

    /// <summary>True where the copies of every disk of the plan are known to QEMU as jobs of ours, running or concluded
    /// without error: the cut may be finished in spite of a crash.</summary>
    Task<bool> CanFinishAsync(CutPlan plan, CancellationToken cancel);
}

/// <summary>Where a cut is copied to. <paramref name="Directory"/> exists and is ours alone.</summary>
/// <param name="Directory">Absolute path, the same for QEMU and node.</param>
/// <param name="Bandwidth">Bytes per second for each disk's copy, null for no limit.</param>
public sealed record CutTarget(string Directory, long? Bandwidth)
{
    /// <summary>Disks that their owner leaves out, each by one of its names (<see cref="VmDisks"/>).</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Disks on thin storage: their images grow with what is copied, where those of others have their full size from
    /// the start.</summary>
    public IReadOnlyList<ThinDisk> Thin { get; init; } = [];
}

/// <summary>A cut that is ready to be made: every slow thing is done.</summary>
public sealed record CutPlan(CutNames Names, string Directory, IReadOnlyList<PlannedDisk> Disks)
{
    /// <summary>What else the VM has, when it was planned; null for a plan that is read back after a crash.</summary>
    public VmDisks? Machine { get; init; }

    /// <summary>The cut as it goes on the wire, so that nothing is left to do while the guest is frozen. Of no use after the
    /// process that prepared it: such a cut is undone.</summary>
    public ReadOnlyMemory<byte> Request { get; init; }
}

/// <summary>Bytes copied so far and in all, over all disks.</summary>
public sealed record CopyProgress(long Done, long Total);

/// <summary>What became of the transaction.</summary>
public abstract record CutOutcome
{
    private CutOutcome() { }

    /// <summary>QEMU answered: all disks are cut.</summary>
    public sealed record Done : CutOutcome;

    /// <summary>QEMU refused, or was not reached: nothing is cut.</summary>
    public sealed record Refused(string Reason) : CutOutcome;

    /// <summary>No answer in time: looking at the jobs will tell.</summary>
    public sealed record Unknown(string Reason) : CutOutcome;
}
