using System.Runtime.InteropServices;

namespace QgaOrchestrator.Qemu.Processes;

/// <summary>SIGKILL, which .NET sends to its own children only.</summary>
internal static partial class Signals
{
    private const int SigKill = 9;

    /// <summary>To one process. A process that has ended is no error.</summary>
    internal static void Kill(int pid) => _ = Send(pid, SigKill);

    /// <summary>To every process of a group.</summary>
    internal static void KillGroup(int leader) => _ = Send(-leader, SigKill);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Send(int pid, int signal);
}
