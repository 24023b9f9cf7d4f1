using System.Runtime.InteropServices;

namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>What libc has and .NET has not.</summary>
internal static partial class Native
{
    private const int WriteAndSearch = 2 | 1;

    /// <summary>Whether files can be made in the directory (access(2): also told by a read-only mount).</summary>
    internal static bool IsWritable(string directory) => Access(directory, WriteAndSearch) == 0;

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
