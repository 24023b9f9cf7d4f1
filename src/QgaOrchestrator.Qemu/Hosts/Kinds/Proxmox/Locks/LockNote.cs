namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Locks;

/// <summary>
/// An obligation: a VM whose config this node locks. Stored before the lock is set, removed when it is seen to be gone.
/// </summary>
/// <param name="Vm">As in HOST~VM.</param>
/// <param name="Id">Its VMID.</param>
/// <param name="Hash">The attempt's (<see cref="Cut.CutNames.Hash"/>).</param>
/// <param name="Since">Before the lock was set.</param>
/// <param name="SetAt">When the config was written with the lock in it, by its own time stamp; null: it is not known whether
/// it was.</param>
internal sealed record LockNote(string Vm, int Id, string Hash, DateTimeOffset Since, DateTimeOffset? SetAt = null)
{
    /// <summary>A clause.</summary>
    public string Warning => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"the config of VM {Id} is locked by this node (lock: {ConfigLock.Name}) since {Since:u}");
}
