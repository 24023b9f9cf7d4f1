using System.Runtime.InteropServices;

namespace QgaOrchestrator.Qemu.Processes;

/// <summary>The end of this process.</summary>
public static partial class OwnProcess
{
    /// <summary>At once: nothing is flushed, and no handler runs (_exit(2)).</summary>
    public static void EndNow(int code) => Exit(code);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);
}
