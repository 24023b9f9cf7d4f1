using System.Globalization;
using System.Runtime.InteropServices;

namespace QgaOrchestrator.Lab;

/// <summary>Processes by their id, also those that are not our children.</summary>
public static partial class HostProcess
{
    public const int SigKill = 9, SigTerm = 15, SigCont = 18, SigStop = 19;

    /// <summary>Sends a signal; a process that has ended meanwhile is no error.</summary>
    public static void Signal(int pid, int signal) => _ = Kill(pid, signal);

    /// <summary>
    /// False also for one that has ended and waits for its parent to notice; but as long as one of its threads is still
    /// ending, its files are open and locked.
    /// </summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/task").Any(IsRunning);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The same of the process that has this text in its command line: its id, noted in a file, may be another's by
    /// now.</summary>
    public static bool IsAlive(int pid, string argument) =>
        IsAlive(pid) && CommandLine(pid) is var line && (line.Length == 0 || line.Contains(argument, StringComparison.Ordinal));

    /// <summary>SIGSTOP has reached each of its threads: nothing of it runs any more.</summary>
    public static bool IsStopped(int pid)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/task").All(
                thread => StateOf(thread) == 'T');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Empty for one that is ending.</summary>
    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static bool IsRunning(string thread) => StateOf(thread) is not ('Z' or 'X');

    /// <summary>As in proc(5); X also for one that has ended.</summary>
    private static char StateOf(string thread)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(thread, "stat"));
            return stat[(stat.LastIndexOf(')') + 2)..][0];
        }
        catch (IOException)
        {
            return 'X';
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}
