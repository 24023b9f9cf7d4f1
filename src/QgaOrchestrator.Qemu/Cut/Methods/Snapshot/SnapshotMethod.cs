namespace QgaOrchestrator.Qemu.Cut.Methods.Snapshot;

/// <summary>Method snapshot: the guest writes to overlays while its disks stand still and are copied.</summary>
internal sealed class SnapshotMethod : ICutMethod
{
    public string Name => "snapshot";

    public string Summary => "the guest writes to overlays while its disks are copied; the overlays are committed back";

    public IReadOnlyList<CutOption> Options => [];

    public bool QemuWritesImages => true;

    public bool CutsAtOneInstant => true;

    public string Records => "overlays";

    public CutSettings? ReadSettings(ICutKeys keys) => null;

    public IEnumerable<CutOptionFault> Check(IReadOnlyDictionary<string, string> own) => [];

    public Task<IReadOnlyList<CutWarning>> WarningsAsync(CutJob job) => Task.FromResult<IReadOnlyList<CutWarning>>([]);

    public void RequireSettled(CutJob job) => Ledger(job.Host).RequireNone(job.Vm, job.Machine.Process);

    public ICut Make(CutJob job) => new SnapshotCut(job.Qmp(this), job.Vm, Ledger(job.Host), job.Host.Time, job.Host.Limits);

    /// <summary>Commits overlays that no run will come for.</summary>
    public async Task RecoverAsync(CutJob job, Func<Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel)
    {
        var ledger = Ledger(job.Host);
        if (ledger.Read(job.Vm) is not { } open) return;
        if (open.IsOf(job.Machine.Process) && !(await unsettled().ConfigureAwait(false)).Contains(open.Hash))
            await Make(job).UndoAsync(CutNames.FromHash(open.Hash), open.Directory, cancel).ConfigureAwait(false);
        ledger.RequireNone(job.Vm, job.Machine.Process);
    }

    public Task<IReadOnlyList<string>> SweepAsync(CutJob job, IReadOnlySet<string> unsettled, CancellationToken cancel) =>
        BlockSweep.RunAsync(job, OverlayNames.Kinds, unsettled, cancel);

    public string? Reminder(CutHost host, string vm)
    {
        try
        {
            return Ledger(host).Read(vm)?.Warning;
        }
        catch (CutException unreadable)
        {
            return $"{unreadable.Message}. {unreadable.Remedy}";
        }
    }

    public IEnumerable<string> Active(CutHost host) => Ledger(host).ReadAll().Select(open => open.Hash);

    private OverlayLedger Ledger(CutHost host) => new(host.Records(this));
}
