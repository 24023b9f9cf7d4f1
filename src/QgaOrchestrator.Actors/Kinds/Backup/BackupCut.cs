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
        new CutJob(services.Cuts, spec.Id.Entity, machine) { Own = options.MethodOptions });

    public ICut Make() => Method.Make(Job);
}
