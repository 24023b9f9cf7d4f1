using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Locks;

/// <summary>Releases the locks of attempts that are over, also where the VM does not run, and so has nobody to ask for
/// it.</summary>
internal sealed class LockTidying(ProxmoxSite site, CutHost host)
{
    /// <returns>What was released, and what could not be, a sentence each.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(
        Func<string, Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel)
    {
        List<string> told = [];
        try
        {
            foreach (var note in new LockNotes(host).ReadAll())
            {
                if ((await unsettled(ProxmoxVm.NameOf(note.Id)).ConfigureAwait(false)).Contains(note.Hash)) continue;
                told.Add(await ReleaseAsync(note, cancel).ConfigureAwait(false));
            }
        }
        catch (CutException unreadable)
        {
            told.Add(Sentence(unreadable));
        }

        return told;
    }

    private async Task<string> ReleaseAsync(LockNote note, CancellationToken cancel)
    {
        try
        {
            await new ConfigLock(site, note.Vm, note.Id, host).SettleAsync(note, cancel).ConfigureAwait(false);
            return $"VM {note.Id}: the lock that an earlier attempt had set is released.";
        }
        catch (CutException left)
        {
            return Sentence(left);
        }
    }

    private static string Sentence(CutException error) => $"{error.Message}. {error.Remedy.TrimEnd('.')}.";
}
