using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>What /proc says about the QEMU process of an entry.</summary>
public enum ProcessState
{
    Running,

    /// <summary>It has ended, or the host was booted since: the guest that was frozen is no more.</summary>
    Gone,

    /// <summary>The entry names no process: that proves nothing.</summary>
    CannotTell,
}

/// <summary>Whether the guest that an entry names still is on this host.</summary>
public static class EntryProcess
{
    /// <summary>
    /// Whether the QEMU process that was frozen still is. Only for one who shares the pid namespace of the entry's writer:
    /// elsewhere every process looks gone.
    /// </summary>
    public static ProcessState StateOf(LedgerEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.BootId != HostProcesses.BootId())
            return ProcessState.Gone;
        return entry.Qemu switch
        {
            null or { Pid: <= 0 } => ProcessState.CannotTell,
            { } qemu => HostProcesses.IsRunning(qemu) ? ProcessState.Running : ProcessState.Gone,
        };
    }
}
