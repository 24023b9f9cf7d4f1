namespace QgaOrchestrator.Qemu.Cut.Methods.Full;

/// <summary>Method full: QEMU copies every disk as it is at the cut.</summary>
internal sealed class FullMethod : ICutMethod
{
    /// <summary>From here on a target that fails during the copy costs the copy and not the guest's write.</summary>
    internal static readonly Version ProtectsWrites = new(10, 1);

    public string Name => "full";

    public string Summary => "QEMU copies each disk as it was at the cut; the disks themselves are not touched";

    public IReadOnlyList<CutOption> Options => [];

    public bool QemuWritesImages => true;

    public bool CutsAtOneInstant => true;

    public string? Records => null;

    public CutSettings? ReadSettings(ICutKeys keys) => null;

    public IEnumerable<CutOptionFault> Check(IReadOnlyDictionary<string, string> own) => [];

    public async Task<IReadOnlyList<CutWarning>> WarningsAsync(CutJob job) =>
        await job.Machine.VersionAsync(job.Host.Limits.Command).ConfigureAwait(false) is { } qemu && qemu < ProtectsWrites
            ?
            [
                new(
                    $"QEMU {qemu.Major}.{qemu.Minor} lets a guest's write fail where the target fails during the copy",
                    "Copy to a target that is as reliable as the disk; QEMU 10.1 and later give up the copy instead"),
            ]
            : [];

    public void RequireSettled(CutJob job)
    {
        // Its copies are jobs that no other attempt is disturbed by.
    }

    public ICut Make(CutJob job) => new FullCut(job.Qmp(this), job.Host.Time, job.Host.Limits);

    public Task RecoverAsync(CutJob job, Func<Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel) =>
        Task.CompletedTask;

    public Task<IReadOnlyList<string>> SweepAsync(CutJob job, IReadOnlySet<string> unsettled, CancellationToken cancel) =>
        BlockSweep.RunAsync(job, BlockCopies.NameKinds, unsettled, cancel);

    public string? Reminder(CutHost host, string vm) => null;

    public IEnumerable<string> Active(CutHost host) => [];
}
