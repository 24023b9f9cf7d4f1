namespace QgaOrchestrator.Qemu.Cut;

/// <summary>How long a cut's steps wait for QEMU.</summary>
public sealed record CutLimits
{
    /// <summary>What a healthy monitor, and each disk's file behind it, answers within. Default 1 s.</summary>
    public TimeSpan Prompt { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a late answer is asked for again before the VM counts as hanging. Default 3.</summary>
    public int Tries { get; init; } = 3;

    /// <summary>One command that opens or closes an image on a slow storage. Default 30 s.</summary>
    public TimeSpan Command { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Between two looks at the jobs where no event tells of a change. Default 1 s.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For a job that QEMU has paused to get further again. Default 30 s.</summary>
    public TimeSpan Paused { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For a cancelled job, or a node that is still in use, to be gone. Default 60 s.</summary>
    public TimeSpan Removal { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>For another's backup to be begun: its disks are opened and its targets made. Default 5 s.</summary>
    public TimeSpan Begin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A storage hook's prepare, and its undo. (Its cut has what is left of the lease, its copy has no limit.) Default 5
    /// min.</summary>
    public TimeSpan Hook { get; init; } = TimeSpan.FromMinutes(5);
}
