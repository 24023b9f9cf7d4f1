using System.Globalization;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Locks;

/// <summary>
/// The lock of one VM in its config, set and released by qm, which writes nothing where somebody else has locked the VM. A note
/// of it (<see cref="LockNotes"/>) is stored before it is set. What is not certainly ours is never released: vzdump sets the same
/// lock, and holds a file of its own locked for as long as it works on this host.
/// </summary>
/// <param name="site">The VM's host.</param>
/// <param name="vm">As in HOST~VM.</param>
/// <param name="id">Its VMID.</param>
/// <param name="host">Whose data directory holds the notes.</param>
internal sealed class ConfigLock(ProxmoxSite site, string vm, int id, CutHost host)
{
    public const string Name = "backup";

    /// <summary>For one command of qm's, which itself waits 10 s for whoever changes the config.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>A lock that a command of ours set was written so soon after its note, or it is none of ours.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    private readonly LockNotes _notes = new(host);
    private readonly ProxmoxTool _qm = new(site.Qm, host.Time);

    private string Id => ProxmoxVm.NameOf(id);

    /// <exception cref="CutException">The note cannot be read.</exception>
    public LockNote? Note() => _notes.Read(vm);

    /// <summary>Whether the VM is this host's and locked by nobody but this attempt: it looks only.</summary>
    /// <exception cref="CutException">It is not; with the remedy.</exception>
    public async Task<GuestConfig> RequireFreeAsync(string hash)
    {
        var config = await ConfigAsync().ConfigureAwait(false);
        return config.Lock is { } other && !IsHeldFor(hash, other) ? throw Locked(other) : config;
    }

    /// <summary>Why a copy of this attempt cannot go on; null: it can, or the config cannot be read for the moment.</summary>
    public async Task<CutException?> LossAsync(string hash)
    {
        try
        {
            var config = await ConfigReads.AskAsync(() => site.Read(id), host.Time).ConfigureAwait(false);
            return config is null ? await GoneAsync().ConfigureAwait(false)
                : config.Lock is { } other && !IsHeldFor(hash, other) ? Locked(other)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // pmxcfs is restarted by each of its updates.
            return null;
        }
    }

    /// <summary>Locks the VM for an attempt.</summary>
    /// <exception cref="CutException">It could not be locked, and is as it was.</exception>
    public async Task TakeAsync(string hash, CancellationToken cancel)
    {
        await RequireQuorumAsync().ConfigureAwait(false);
        if (Note() is { } earlier) await SettleAsync(earlier, cancel).ConfigureAwait(false);
        await RequireFreeAsync(hash).ConfigureAwait(false);
        var note = new LockNote(vm, id, hash, host.Time.GetUtcNow());
        _notes.Write(note);
        var said = await _qm.RunAsync(hash, Limit, "set", Id, "--lock", Name).ConfigureAwait(false);
        if (said.IsDone && (await ConfigAsync().ConfigureAwait(false)).Lock == Name)
        {
            _notes.Write(note with { SetAt = await WrittenAtAsync().ConfigureAwait(false) });
            return;
        }

        // It writes nothing where it finds a lock: the one that is there now is another's.
        if (said.ExitCode is > 0 && said.Words.Contains("locked", StringComparison.OrdinalIgnoreCase)) _notes.Remove(vm);
        else await TryReleaseAsync(hash).ConfigureAwait(false);
        await RequireQuorumAsync().ConfigureAwait(false);
        if ((await ConfigAsync().ConfigureAwait(false)).Lock is { } other) throw Locked(other);
        throw new CutException(
            $"the VM could not be locked: {(said.Words.Length > 0 ? said.Words : $"{site.Qm} set no lock")}",
            $"See what qm set {Id} --lock {Name} says; \"Lock\": false in the source backs up without a lock");
    }

    /// <summary>Releases what an attempt has locked; nothing where it has locked nothing.</summary>
    /// <returns>Null: nothing of it is left. Else why it is, a sentence without its full stop: it is tried again later.</returns>
    public async Task<string?> TryReleaseAsync(string hash)
    {
        try
        {
            if (Note() is not { } note || note.Hash != hash) return null;
            await SettleAsync(note, CancellationToken.None).ConfigureAwait(false);
            return null;
        }
        catch (CutException left)
        {
            return $"{left.Message}. {left.Remedy.TrimEnd('.')}";
        }
    }

    /// <summary>Releases the lock of an attempt that is over, and forgets it.</summary>
    /// <exception cref="CutException">It is still there, or may be; with the remedy.</exception>
    public async Task SettleAsync(LockNote note, CancellationToken cancel)
    {
        if (note.SetAt is null && !await _qm.EndedAsync(note.Hash, Limit, cancel).ConfigureAwait(false))
            throw new CutException($"an earlier {site.Qm} for VM {id} has not ended", "See what it waits for; pmxcfs may hang");
        if (await OtherOwnerAsync().ConfigureAwait(false) is { } owner)
            throw new CutException(
                $"{note.Warning}, and it has moved to {owner}", $"On {owner}: qm unlock {Id}, where no backup of it runs");
        if (await IsSetAsync().ConfigureAwait(false) && await IsOursAsync(note).ConfigureAwait(false))
        {
            var said = await _qm.RunAsync(note.Hash, Limit, "unlock", Id).ConfigureAwait(false);
            if (await IsSetAsync().ConfigureAwait(false))
                throw new CutException(
                    $"{note.Warning}, and cannot be unlocked: {(said.Words.Length > 0 ? said.Words : "it still is")}",
                    (await AskAsync(site.NoQuorum).ConfigureAwait(false))?.Remedy ?? $"See what qm unlock {Id} says");
        }

        _notes.Remove(vm);
    }

    /// <exception cref="CutException">Whose it is cannot be told now.</exception>
    private async Task<bool> IsOursAsync(LockNote note)
    {
        var written = await WrittenAtAsync().ConfigureAwait(false);
        if (note.SetAt == written) return true;
        if (await AskAsync(site.IsVzdumpAtWork).ConfigureAwait(false))
            throw new CutException(
                $"VM {id} is locked (lock: {Name}), by this node or by vzdump, which works on this host",
                "It is looked at again when vzdump has ended");
        // Somebody has changed a locked config (--skiplock), or the node ended while qm worked.
        return note.SetAt is not null || (written - note.Since).Duration() < Soon;
    }

    /// <exception cref="CutException">The cluster has no quorum.</exception>
    public async Task RequireQuorumAsync()
    {
        if (await AskAsync(site.NoQuorum).ConfigureAwait(false) is { } obstacle)
            throw new CutException(obstacle.Reason, obstacle.Remedy);
    }

    private bool IsHeldFor(string hash, string name) => name == Name && Note()?.Hash == hash;

    private async Task<GuestConfig> ConfigAsync() =>
        await AskAsync(() => site.Read(id)).ConfigureAwait(false) ?? throw await GoneAsync().ConfigureAwait(false);

    private async Task<bool> IsSetAsync() => (await AskAsync(() => site.Read(id)).ConfigureAwait(false))?.Lock == Name;

    private Task<DateTimeOffset> WrittenAtAsync() =>
        AskAsync(() => new DateTimeOffset(File.GetLastWriteTimeUtc(site.ConfigOf(id))));

    /// <summary>Null: the VM is this host's, or nobody's.</summary>
    private Task<string?> OtherOwnerAsync() =>
        AskAsync(() => site.OwnerOf(id) is { } owner && owner != site.Node ? owner : null);

    private async Task<CutException> GoneAsync() => new(
        await OtherOwnerAsync().ConfigureAwait(false) is { } owner
            ? $"VM {id} has moved to {owner}"
            : $"VM {id} is gone: its config is in no host's folder of {site.Config}",
        "Run the backup of this VM again: it begins where the VM is then");

    private async Task<T> AskAsync<T>(Func<T> look)
    {
        try
        {
            return await ConfigReads.AskAsync(look, host.Time).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException(
                $"the VM's config cannot be read: {e.Message.TrimEnd('.')}",
                "See systemctl status pve-cluster, and run the node as root");
        }
    }

    private CutException Locked(string other) => new(
        string.Create(CultureInfo.InvariantCulture, $"VM {id} is locked ({other})"),
        other switch
        {
            "backup" => $"Wait for the end of its backup (vzdump), then run this again; where none runs: qm unlock {Id}",
            "snapshot" or "snapshot-delete" or "rollback" =>
                $"Wait for the end of the snapshot's task, then run this again; where none runs: qm unlock {Id}",
            "migrate" => "Wait for the end of the migration: the backup begins where the VM is then",
            "clone" or "create" => $"Wait for the end of the task, then run this again; where none runs: qm unlock {Id}",
            "suspending" or "suspended" => $"Resume it (qm resume {Id}), then run this again",
            _ => $"See which task of Proxmox's works on it; where none does: qm unlock {Id}",
        });
}
