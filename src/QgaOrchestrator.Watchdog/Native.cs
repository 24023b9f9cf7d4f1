using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Watchdog;

/// <summary>What libc and the kernel have and .NET has not.</summary>
internal static partial class Native
{
    private const nint PidfdOpen = 434, PidfdSendSignal = 424; // the same on every architecture
    private const int SigKill = 9;

    /// <summary>setsid(2). It fails where we lead a group already, as under systemd or a shell, and that is as good.</summary>
    internal static void LeaveSession() => _ = SetSid();

    /// <summary>Output and errors to the end of a file, input from nowhere: our starter's terminal or pipe is let go.</summary>
    internal static void RedirectOutput(string path)
    {
        const long startAnew = 1 << 20;
        var mode = File.Exists(path) && new FileInfo(path).Length > startAnew ? FileMode.Create : FileMode.Append;
        using var log = new FileStream(path, new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = OwnFiles.File,
        });
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Duplicate(nothing, 0);
        Duplicate(log.SafeFileHandle, 1);
        Duplicate(log.SafeFileHandle, 2);
    }

    /// <summary>A handle of the process with this pid, or null where it has ended or the kernel has none (before 5.3).</summary>
    internal static SafeFileHandle? OpenProcess(int pid)
    {
        var descriptor = SystemCall(PidfdOpen, pid, 0, 0, 0);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>SIGKILL to that very process. Null, or why not.</summary>
    internal static string? Kill(SafeFileHandle process)
    {
        var added = false;
        try
        {
            process.DangerousAddRef(ref added);
            return SystemCall(PidfdSendSignal, process.DangerousGetHandle(), SigKill, 0, 0) == 0
                ? null : Marshal.GetLastPInvokeErrorMessage();
        }
        finally
        {
            if (added)
                process.DangerousRelease();
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial int EffectiveUser();

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(SafeFileHandle from, int to);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d);
}
