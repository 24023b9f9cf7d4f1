using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>Overlays that an earlier attempt left active, before anything else is done with the VM's disks.</summary>
internal static class ActiveOverlays
{
    /// <summary>Commits those that no run will go on with.</summary>
    /// <exception cref="CutException">The VM still writes to overlays, or the process that made them is gone: with the
    /// remedy.</exception>
    public static async Task SettleAsync(VmServices services, VmSpec spec, IMonitor monitor, CancellationToken cancel)
    {
        var vm = spec.Id.Entity;
        if (services.Overlays.Read(vm) is not { } open) return;
        // A run that has not settled its attempt comes for it, and goes on copying.
        var unsettled = await services.Unsettled(spec.Id);
        if (open.IsOf(monitor.Process) && !unsettled.Contains(open.Hash))
            await services.Cut(BackupMethod.Snapshot, null, spec, monitor).UndoAsync(
                CutNames.FromHash(open.Hash), open.Directory, cancel);
        services.Overlays.RequireNone(vm, monitor.Process);
    }

    /// <summary>What a node says at each start of a VM that writes to overlays; null: it does not.</summary>
    public static string? Warning(VmServices services, VmSpec spec)
    {
        try
        {
            return services.Overlays.Read(spec.Id.Entity)?.Warning;
        }
        catch (CutException unreadable)
        {
            return $"{unreadable.Message}. {unreadable.Remedy}";
        }
    }
}
