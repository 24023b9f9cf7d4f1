using System.Globalization;

namespace QgaOrchestrator.Qemu.Processes;

/// <summary>Processes of this host as /proc shows them: valid only for pids of our own pid namespace.</summary>
public static class HostProcesses
{
    /// <summary>Identity of this boot of the host.</summary>
    public static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>This very process, and not a later one with its pid.</summary>
    public static bool IsRunning(QemuProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return StartTicks(process.Pid) == process.StartTicks;
    }

    /// <summary>What it was started with; empty where that cannot be read, or it has ended.</summary>
    public static IReadOnlyList<string> Arguments(QemuProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        var arguments = ArgumentsIn(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}"));
        return IsRunning(process) ? arguments : [];
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

    /// <summary>The program and its arguments; empty: it has ended, or is not ours to read.</summary>
    /// <param name="directory">Of the process in a file system of processes, as /proc/1.</param>
    internal static string[] ArgumentsIn(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Combine(directory, "cmdline")).TrimEnd('\0').Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
