namespace QgaOrchestrator.Qemu.Cut.Methods.Hook;

/// <summary>Method hook: a program of the operator's makes the snapshot in the storage below QEMU.</summary>
internal sealed class HookMethod : ICutMethod
{
    /// <summary>The option that names the hook.</summary>
    private const string Option = "hook";

    public string Name => "hook";

    public string Summary => "a program of yours makes the snapshot in the storage below QEMU";

    public IReadOnlyList<CutOption> Options { get; } =
        [new(Option, "NAME", "a storage hook that Freeze.Hooks of the node's config names")];

    public bool QemuWritesImages => false;

    public bool CutsAtOneInstant => false;

    public string Records => "hooks";

    public CutSettings ReadSettings(ICutKeys keys) => HookSettings.Read(keys);

    public IEnumerable<CutOptionFault> Check(IReadOnlyDictionary<string, string> own)
    {
        if (string.IsNullOrEmpty(own.GetValueOrDefault(Option)))
            yield return new(Option, "method hook needs the name of a hook in the hosts' Freeze.Hooks");
    }

    public Task<IReadOnlyList<CutWarning>> WarningsAsync(CutJob job) => Task.FromResult<IReadOnlyList<CutWarning>>([]);

    public void RequireSettled(CutJob job)
    {
        // What its attempts leave lies in the storage, and each is undone by its own name.
    }

    public ICut Make(CutJob job) => new HookCut(
        job.Machine, job.Vm, job.Own.GetValueOrDefault(Option), HookSettings.Of(job.Host).Hooks, job.Host.Records(this),
        job.Host.Time, job.Host.Limits);

    public Task RecoverAsync(CutJob job, Func<Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel) =>
        Task.CompletedTask;

    public Task<IReadOnlyList<string>> SweepAsync(CutJob job, IReadOnlySet<string> unsettled, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    public string? Reminder(CutHost host, string vm) => null;

    public IEnumerable<string> Active(CutHost host) => [];
}
