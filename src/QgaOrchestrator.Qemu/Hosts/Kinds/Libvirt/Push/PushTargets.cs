using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;

/// <summary>Makes a disk's target before the freeze, fully allocated: a full target fails here and not in the guest. libvirt
/// gives it to QEMU's user when the copy begins.</summary>
internal static class PushTargets
{
    /// <exception cref="CutException">With the remedy.</exception>
    public static async Task MakeAsync(PlannedDisk disk, CancellationToken cancel)
    {
        try
        {
            try
            {
                await new QemuImg().CreateAsync(disk.Image, disk.Size, "falloc", cancel).ConfigureAwait(false);
            }
            catch (ImageException error) when (!CutErrors.IsFull(error.Message))
            {
                // The file system cannot reserve: the space is checked instead, for the whole growth.
                var free = new DriveInfo(Path.GetDirectoryName(disk.Image)!).AvailableFreeSpace;
                if (free < disk.Size + disk.Size / 100 + (1 << 20))
                    throw CutErrors.Full(disk.Image, $"{free} bytes are free");
                await new QemuImg().CreateAsync(disk.Image, disk.Size, null, cancel).ConfigureAwait(false);
            }
        }
        catch (ImageException error)
        {
            throw CutErrors.IsFull(error.Message)
                ? CutErrors.Full(disk.Image, error.Message)
                : new CutException(
                    error.Message, "See whether the node may write to the target, and whether qemu-img is installed.");
        }
        catch (IOException error)
        {
            throw new CutException($"{disk.Image}: {error.Message}", "See the target's file system.");
        }
    }
}
