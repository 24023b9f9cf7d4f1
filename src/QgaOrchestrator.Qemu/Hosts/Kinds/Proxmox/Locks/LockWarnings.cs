using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Locks;

/// <summary>What the operator of a Proxmox host must know of a VM before its backup.</summary>
internal static class LockWarnings
{
    /// <param name="makesImages">QEMU copies to images of ours.</param>
    public static async Task<IReadOnlyList<CutWarning>> OfAsync(ProxmoxVm vm, TimeProvider time, bool makesImages)
    {
        try
        {
            return await ConfigReads.AskAsync<IReadOnlyList<CutWarning>>(() => [.. Look(vm, makesImages)], time)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The backup itself refuses such a VM, and says why.
            return [];
        }
    }

    private static IEnumerable<CutWarning> Look(ProxmoxVm vm, bool makesImages)
    {
        if (vm.Site.IsVzdumpAtWork())
            yield return new(
                "vzdump works on this host: a VM that it has locked is refused, and one that we have locked fails there",
                "Run vzdump's jobs and these at different times");
        yield return vm.Site.TakesLock
            ? new(
                $"while it is backed up the VM is locked: vzdump, a snapshot or a migration that begins meanwhile fails with "
                    + $"\"VM is locked ({ConfigLock.Name})\"",
                "Run them at different times")
            : new(
                "it is not locked while it is backed up, so vzdump may begin meanwhile, find the agent's socket held, and go on "
                    + "without a freeze",
                "Set \"Lock\": true in the source, or run vzdump's jobs at different times");
        if (vm.Site.Read(vm.Id) is not { } config) yield break;
        if (makesImages && ThinVolumes.In(config, vm.Site.Storages()) is { Count: > 0 } thin)
            yield return new(
                $"the storage of {string.Join(", ", thin.Select(disk => $"{disk.Key} ({disk.Volume})"))} is thin, so the image "
                    + "grows while it is copied, and a target that fills up meanwhile fails the copy, or before QEMU 10.1 the "
                    + "guest's writes",
                "Let nothing else fill the target, and keep free on it what the volume holds");
    }
}
