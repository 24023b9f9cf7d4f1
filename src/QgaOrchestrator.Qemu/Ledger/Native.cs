using System.Runtime.InteropServices;

namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>What libc has and .NET has not.</summary>
internal static partial class Native
{
    private const int WriteAndSearch = 2 | 1;
    private const int SigKill = 9;

    /// <summary>Whether files can be made in the directory (access(2): also told by a read-only mount).</summary>
    internal static bool IsWritable(string directory) => Access(directory, WriteAndSearch) == 0;

    /// <summary>SIGKILL to a process; one that is not there any more is none to care for.</summary>
    internal static void Kill(int pid) => _ = Signal(pid, SigKill);

    /// <summary>SIGKILL to every process of a group.</summary>
    internal static void KillGroup(int leader) => _ = Signal(-leader, SigKill);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
