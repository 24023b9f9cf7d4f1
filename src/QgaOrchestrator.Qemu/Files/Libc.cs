using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace QgaOrchestrator.Qemu.Files;

/// <summary>The calls of libc that .NET does not offer: files by the handle of their directory, and without following
/// links.</summary>
internal static partial class Libc
{
    internal const int ReadOnly =
        0, WriteOnly = 1, Create = 0x40, Append = 0x400, NonBlocking = 0x800, CloseOnExec = 0x80000, PathOnly = 0x200000;
    internal const int NoEntry = 2, NotDirectory = 20, IsDirectory = 21, Invalid = 22, TooManyLinks = 40;
    internal const int NotSupported = 95;
    internal const int CurrentDirectory = -100;
    private const int WriteAndSearch = 2 | 1;
    private const int SymlinkNoFollow = 0x100, EmptyPath = 0x1000;
    private const uint BasicStatus = 0x7ff;

    /// <summary>The same on every architecture.</summary>
    private const nint OpenAt2Number = 437;

    /// <summary>RESOLVE_NO_SYMLINKS.</summary>
    private const ulong NoLinks = 0x04;

    /// <summary>These two differ between the processors.</summary>
    internal static readonly int OnlyDirectory = IsArm ? 0x4000 : 0x10000;

    internal static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    /// <summary>A file in a directory that has no name (O_TMPFILE).</summary>
    internal static readonly int Unnamed = 0x400000 | OnlyDirectory;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;

    /// <summary>Invalid where it fails; the error is the last one of the platform.</summary>
    internal static SafeFileHandle OpenAt(int directory, string name, int flags, UnixFileMode mode = 0)
    {
        var descriptor = Open(directory, name, flags | CloseOnExec, (uint)mode);
        return new SafeFileHandle(descriptor, ownsHandle: descriptor >= 0);
    }

    internal static OwnedStatus StatusOf(SafeFileHandle file) => Status((int)file.DangerousGetHandle(), "", EmptyPath);

    /// <summary>Of what a link at the path leads to.</summary>
    internal static OwnedStatus StatusOf(string path) => Status(CurrentDirectory, path, 0);

    /// <summary>Of a link itself.</summary>
    internal static OwnedStatus StatusOfLink(string path) => Status(CurrentDirectory, path, SymlinkNoFollow);

    /// <summary>Of a link itself; null where it cannot be told.</summary>
    internal static FileStamp? StampOfLink(string path) =>
        GetStatus(CurrentDirectory, path, SymlinkNoFollow, BasicStatus, out var status) == 0
            ? new(((ulong)status.DeviceMajor << 32) | status.DeviceMinor, status.Inode, status.ChangeSeconds,
                status.ChangeNanoseconds, status.Mode)
            : null;

    /// <summary>Whether files can be made in the directory (access(2): also told by a read-only mount).</summary>
    internal static bool IsWritable(string directory) => Access(directory, WriteAndSearch) == 0;

    internal static IOException Failure(string what) => new($"{what}: {Marshal.GetLastPInvokeErrorMessage()}");

    private static OwnedStatus Status(int directory, string path, int flags)
    {
        if (GetStatus(directory, path, flags, BasicStatus, out var status) == 0) return new(status.Uid, status.Gid, status.Mode);
        var error = Marshal.GetLastPInvokeError();
        throw error == NoEntry ? new FileNotFoundException($"there is no {path}") : Failure(path);
    }

    /// <summary>Opens a directory's path by openat2 (Linux 5.6) if no link is on the way. Invalid where it fails, or a link is
    /// there, or the kernel has no such call.</summary>
    internal static SafeFileHandle OpenWithoutLinks(string path)
    {
        var how = new OpenHow { Flags = (ulong)(PathOnly | OnlyDirectory | CloseOnExec), Resolve = NoLinks };
        var descriptor = OpenAt2(OpenAt2Number, CurrentDirectory, path, how, Marshal.SizeOf<OpenHow>());
        return new SafeFileHandle(descriptor, ownsHandle: descriptor >= 0);
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    internal static partial uint SetMask(uint mask);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    internal static partial uint EffectiveGroup();

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(int directory, string name, int flags, uint mode);

    // glibc has no function for it.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint OpenAt2(nint number, int directory, string path, in OpenHow how, nint size);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetStatus(int directory, string path, int flags, uint mask, out StatusBuffer status);

    /// <summary>struct open_how.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>struct statx, the same on every architecture; only what is asked for has a name.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatusBuffer
    {
        [FieldOffset(20)] internal uint Uid;
        [FieldOffset(24)] internal uint Gid;
        [FieldOffset(28)] internal ushort Mode;
        [FieldOffset(32)] internal ulong Inode;
        [FieldOffset(96)] internal long ChangeSeconds;
        [FieldOffset(104)] internal uint ChangeNanoseconds;
        [FieldOffset(136)] internal uint DeviceMajor;
        [FieldOffset(140)] internal uint DeviceMinor;
    }
}

/// <summary>Whose a file is, and who may write to it.</summary>
internal readonly record struct OwnedStatus(uint Uid, uint Gid, ushort Mode)
{
    internal bool IsFile => FileType.IsRegular(Mode);

    internal bool IsDirectory => FileType.IsDirectory(Mode);

    internal bool IsOurs => Uid == 0 || Uid == Libc.EffectiveUser();

    /// <summary>Nobody but root and we can change what is in it.</summary>
    internal bool IsOnlyOurs => IsOurs && (Mode & 0x12) == 0;
}

/// <summary>A file at one time (ctime): of a directory, another one wherever an entry or its mode has changed.</summary>
internal readonly record struct FileStamp(ulong Device, ulong Inode, long Seconds, uint Nanoseconds, ushort Mode)
{
    internal bool IsDirectory => FileType.IsDirectory(Mode);

    internal bool IsLink => FileType.IsLink(Mode);
}

internal static class FileType
{
    private const int Mask = 0xf000, Regular = 0x8000, Directory = 0x4000, Link = 0xa000;

    internal static bool IsLink(ushort mode) => (mode & Mask) == Link;

    internal static bool IsRegular(ushort mode) => (mode & Mask) == Regular;

    internal static bool IsDirectory(ushort mode) => (mode & Mask) == Directory;
}
