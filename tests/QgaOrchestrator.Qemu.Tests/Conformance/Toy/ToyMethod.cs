using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Qemu.Tests.Conformance.Toy;

/// <summary>The smallest cut method: it writes an empty image for each disk.</summary>
internal sealed class ToyMethod : ICutMethod
{
    public string Name => "toy";

    public string Summary => "writes empty images";

    public IReadOnlyList<CutOption> Options => [];

    public bool QemuWritesImages => false;

    public bool CutsAtOneInstant => true;

    public string? Records => null;

    public CutSettings? ReadSettings(ICutKeys keys) => null;

    public IEnumerable<CutOptionFault> Check(IReadOnlyDictionary<string, string> own) => [];

    public Task<IReadOnlyList<CutWarning>> WarningsAsync(CutJob job) => Task.FromResult<IReadOnlyList<CutWarning>>([]);

    public void RequireSettled(CutJob job) { }

    public ICut Make(CutJob job) => new ToyCut(job);

    public Task RecoverAsync(CutJob job, Func<Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel) =>
        Task.CompletedTask;

    public Task<IReadOnlyList<string>> SweepAsync(CutJob job, IReadOnlySet<string> unsettled, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    public string? Reminder(CutHost host, string vm) => null;

    public IEnumerable<string> Active(CutHost host) => [];

    private sealed class ToyCut(CutJob job) : ICut
    {
        public async Task<CutPlan> PrepareAsync(CutNames names, CutTarget target, CancellationToken cancel)
        {
            try
            {
                var disks = await job.Machine.DisksAsync(
                    target.Exclude, disk => TargetDirectory.Image(target.Directory, disk), TimeSpan.FromSeconds(1));
                return new(names, target.Directory, disks.Cut) { Machine = disks };
            }
            catch (MonitorException silent)
            {
                await UndoAsync(names, target.Directory, CancellationToken.None);
                throw new CutException(silent.Message, "See its monitor.", unreachable: true);
            }
        }

        public Task<CutOutcome> CutAsync(CutPlan plan, TimeSpan timeout)
        {
            foreach (var disk in plan.Disks) File.WriteAllText(disk.Image, "");
            return Task.FromResult<CutOutcome>(new CutOutcome.Done());
        }

        public Task FinishAsync(CutPlan plan, Action<CopyProgress> progress, CancellationToken cancel)
        {
            progress(new(1, 1));
            return Task.CompletedTask;
        }

        public Task UndoAsync(CutNames names, string directory, CancellationToken cancel)
        {
            TargetDirectory.Delete(directory);
            return Task.CompletedTask;
        }

        public Task<bool> CanFinishAsync(CutPlan plan, CancellationToken cancel) =>
            Task.FromResult(plan.Disks.All(disk => File.Exists(disk.Image)));
    }
}
