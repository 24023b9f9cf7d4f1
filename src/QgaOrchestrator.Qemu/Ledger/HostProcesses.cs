using System.Globalization;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>What /proc says about the QEMU process of an entry.</summary>
public enum ProcessState
{
    Running,

    /// <summary>It has ended, or the host was booted since: the guest that was frozen is no more.</summary>
    Gone,

    /// <summary>The entry names no process: this ends nothing.</summary>
    CannotTell,
}

/// <summary>Processes of this host as /proc shows them: valid only for pids of our own pid namespace.</summary>
public static class HostProcesses
{
    /// <summary>Identity of this boot of the host.</summary>
    public static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>
    /// Whether the QEMU process that was frozen still is. Only for one who shares the pid namespace of the entry's writer:
    /// elsewhere every process looks gone.
    /// </summary>
    public static ProcessState StateOf(LedgerEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.BootId != BootId())
            return ProcessState.Gone;
        return entry.Qemu switch
        {
            null or { Pid: <= 0 } => ProcessState.CannotTell,
            { } qemu => IsRunning(qemu) ? ProcessState.Running : ProcessState.Gone,
        };
    }

    /// <summary>This very process, and not a later one with its pid.</summary>
    public static bool IsRunning(QemuProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return StartTicks(process.Pid) == process.StartTicks;
    }

    /// <summary>How long it has been running, by the kernel's own clocks.</summary>
    public static TimeSpan? Age(QemuProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        const double ticksPerSecond = 100; // sysconf(_SC_CLK_TCK): the same on every architecture that QEMU hosts on
        var uptime = File.ReadAllText("/proc/uptime").Split(' ')[0];
        return IsRunning(process)
            ? TimeSpan.FromSeconds(double.Parse(uptime, CultureInfo.InvariantCulture) - (process.StartTicks / ticksPerSecond))
            : null;
    }

    /// <summary>
    /// When the process started, in clock ticks since boot (/proc/PID/stat, field 22); null where there is none: it never
    /// was here, it has ended, or it is a zombie, which holds nothing any more.
    /// </summary>
    public static long? StartTicks(int pid)
    {
        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        // Field 2 is the program's name in parentheses, and may hold any character: count from its end.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
    }
}
