using System.Runtime.InteropServices;

namespace QgaOrchestrator.Qemu.Processes;

/// <summary>The memory of this process, which holds secrets for moments.</summary>
public static partial class OwnMemory
{
    private const int SetDumpable = 4;

    /// <summary>From now on the kernel writes no core of this process, and shows its memory to root alone (prctl(2),
    /// PR_SET_DUMPABLE).</summary>
    public static void LeaveNoCore() => _ = ProcessControl(SetDumpable, 0, 0, 0, 0);

    // A variadic function: on the processors that .NET runs on, whole registers are passed like any others.
    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int ProcessControl(int option, nuint a, nuint b, nuint c, nuint d);
}
