using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;

/// <summary>The method that copies all of each disk, as libvirt does it.</summary>
/// <param name="full">The same by QEMU's own means, for a machine whose monitor libvirt passes on.</param>
internal sealed class PushMethod(ICutMethod full) : ICutMethod
{
    /// <summary>Before it, the guest's shutdown ends the copy.</summary>
    private static readonly Version OutlivesShutdown = new(11, 10);

    public string Name => full.Name;

    public string Summary => full.Summary;

    public IReadOnlyList<CutOption> Options => full.Options;

    /// <summary>libvirt gives QEMU's user the images that we make, and not their directory.</summary>
    public bool QemuWritesImages => true;

    public bool CutsAtOneInstant => true;

    public string? Records => null;

    public CutSettings? ReadSettings(ICutKeys keys) => null;

    public IEnumerable<CutOptionFault> Check(IReadOnlyDictionary<string, string> own) => full.Check(own);

    public async Task<IReadOnlyList<CutWarning>> WarningsAsync(CutJob job)
    {
        if (job.Machine is IQmpMachine) return await full.WarningsAsync(job).ConfigureAwait(false);
        var machine = Of(job);
        var version = await machine.AskAsync(
            "libvirt's version", _ => machine.Host.Work.LibvirtVersionAsync(job.Host.Limits.Command)).ConfigureAwait(false);
        return version < OutlivesShutdown
            ?
            [
                new(
                    $"libvirt {version.Major}.{version.Minor} ends the copy when the guest shuts down",
                    "The copy is made again by the run's next attempt; libvirt 11.10 and later finish it first"),
            ]
            : [];
    }

    public void RequireSettled(CutJob job)
    {
        // Its copy is a job of libvirt's, which is looked at before the freeze.
    }

    public ICut Make(CutJob job) => job.Machine is IQmpMachine
        ? full.Make(job)
        : new PushCut(Of(job), job);

    public Task RecoverAsync(CutJob job, Func<Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel) =>
        Task.CompletedTask;

    public Task<IReadOnlyList<string>> SweepAsync(CutJob job, IReadOnlySet<string> unsettled, CancellationToken cancel) =>
        job.Machine is IQmpMachine
            ? full.SweepAsync(job, unsettled, cancel)
            : CutSteps.AskingAsync(() => SweepAsync(Of(job), job, unsettled, cancel));

    public string? Reminder(CutHost host, string vm) => null;

    public IEnumerable<string> Active(CutHost host) => [];

    private static async Task<IReadOnlyList<string>> SweepAsync(
        LibvirtMachine machine, CutJob job, IReadOnlySet<string> unsettled, CancellationToken cancel)
    {
        var note = await machine.AskAsync("its metadata", domain =>
            machine.Host.Work.MetadataAsync(domain, PushNote.Namespace, job.Host.Limits.Command)).ConfigureAwait(false);
        if (PushNote.Read(note) is not { } left || unsettled.Contains(left.Hash)) return [];
        var cut = new PushCut(machine, job);
        await cut.EndAsync(left.Directory, cancel).ConfigureAwait(false);
        await cut.TakeBackNoteAsync(CutNames.FromHash(left.Hash)).ConfigureAwait(false);
        return [$"the attempt {left.Hash}"];
    }

    private static LibvirtMachine Of(CutJob job) => job.Machine as LibvirtMachine
        ?? throw new CutException("this VM is none of libvirt's", "See its source in Fleet.Sources.");
}
