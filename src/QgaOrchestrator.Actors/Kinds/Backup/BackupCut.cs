using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>A backup's method, and what it is to cut.</summary>
internal sealed record BackupCut(ICutMethod Method, CutJob Job)
{
    /// <exception cref="CutException">VMs of this kind have no such method.</exception>
    public static BackupCut For(BackupOptions options, VmServices services, VmSpec spec, IMachine machine) => new(
        spec.Kind.Method(options.Method),
        JobOf(services, spec, machine) with { Own = options.MethodOptions });

    public static CutJob JobOf(VmServices services, VmSpec spec, IMachine machine) =>
        new(services.Cuts, spec.Id.Entity, machine) { Address = spec.Address };

    /// <summary>The same to be prepared and undone, and no more.</summary>
    public BackupCut Rehearsed() => this with { Job = Job with { IsRehearsal = true } };

    public ICut Make() => Method.Make(Job);
}
