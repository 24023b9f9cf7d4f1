using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Locks;

/// <summary>A cut method on a Proxmox host: the VM is locked in its config from before the targets are made until nothing of the
/// attempt is left but its images.</summary>
internal sealed class LockedMethod(ICutMethod inner) : ICutMethod
{
    public string Name => inner.Name;

    public string Summary => inner.Summary;

    public IReadOnlyList<CutOption> Options => inner.Options;

    public bool QemuWritesImages => inner.QemuWritesImages;

    public bool CutsAtOneInstant => inner.CutsAtOneInstant;

    public string? Records => inner.Records;

    public CutSettings? ReadSettings(ICutKeys keys) => inner.ReadSettings(keys);

    public IEnumerable<CutOptionFault> Check(IReadOnlyDictionary<string, string> own) => inner.Check(own);

    public async Task<IReadOnlyList<CutWarning>> WarningsAsync(CutJob job)
    {
        var warnings = await inner.WarningsAsync(job).ConfigureAwait(false);
        return job.Address is ProxmoxVm vm
            ? [.. warnings, .. await LockWarnings.OfAsync(vm, job.Host.Time, inner.QemuWritesImages).ConfigureAwait(false)]
            : warnings;
    }

    public void RequireSettled(CutJob job)
    {
        inner.RequireSettled(job);
        if (new LockNotes(job.Host).Read(job.Vm) is { } note) throw Unsettled(note);
    }

    public ICut Make(CutJob job) => job.Address is ProxmoxVm vm
        ? new LockedCut(inner.Make(job), vm, LockOf(job, vm), job)
        : inner.Make(job);

    public async Task RecoverAsync(CutJob job, Func<Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel)
    {
        await inner.RecoverAsync(job, unsettled, cancel).ConfigureAwait(false);
        if (job.Address is not ProxmoxVm vm || LockOf(job, vm) is not { } held || held.Note() is not { } note) return;
        if ((await unsettled().ConfigureAwait(false)).Contains(note.Hash)) throw Unsettled(note);
        await held.SettleAsync(note, cancel).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<string>> SweepAsync(
        CutJob job, IReadOnlySet<string> unsettled, CancellationToken cancel)
    {
        var removed = await inner.SweepAsync(job, unsettled, cancel).ConfigureAwait(false);
        if (job.Address is not ProxmoxVm vm || LockOf(job, vm) is not { } held || held.Note() is not { } note
            || unsettled.Contains(note.Hash)) return removed;
        await held.SettleAsync(note, cancel).ConfigureAwait(false);
        return [.. removed, $"lock: {ConfigLock.Name}"];
    }

    public string? Reminder(CutHost host, string vm)
    {
        try
        {
            return inner.Reminder(host, vm) ?? new LockNotes(host).Read(vm)?.Warning;
        }
        catch (CutException unreadable)
        {
            return $"{unreadable.Message}. {unreadable.Remedy}";
        }
    }

    public IEnumerable<string> Active(CutHost host) => inner.Active(host);

    private static ConfigLock LockOf(CutJob job, ProxmoxVm vm) => new(vm.Site, job.Vm, vm.Id, job.Host);

    private static CutException Unsettled(LockNote note) => new(
        $"{note.Warning}, for an earlier attempt that is not settled",
        "Its run finishes or undoes it first; then run this again");
}
