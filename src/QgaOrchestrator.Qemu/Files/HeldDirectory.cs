using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace QgaOrchestrator.Qemu.Files;

/// <summary>
/// A directory held open, so that what is done with its files is done there, whatever its path leads to meanwhile. For places
/// that others can write to as well: a point's directory, which QEMU's user writes to, the directory of a VM's disks, /tmp. A
/// symbolic link is followed nowhere but in a directory that only root or we can write to.
/// </summary>
public sealed class HeldDirectory : IDisposable
{
    private const string Temporary = ".tmp";
    private readonly SafeFileHandle _handle;

    private HeldDirectory(string path, SafeFileHandle handle) => (Path, _handle) = (path, handle);

    /// <summary>As it was opened.</summary>
    public string Path { get; }

    /// <exception cref="DirectoryNotFoundException">It is not there.</exception>
    /// <exception cref="IOException">A part of its path is a link that somebody else may have made, or cannot be
    /// opened.</exception>
    public static HeldDirectory Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        var straight = Libc.OpenWithoutLinks(path);
        if (!straight.IsInvalid) return new HeldDirectory(path, straight);
        if (Marshal.GetLastPInvokeError() == Libc.NoEntry) throw Missing(path);
        // A link is on the way, or the kernel is older than that call: part by part, each link with a look at who made it.
        var at = Libc.OpenAt(Libc.CurrentDirectory, "/", Libc.PathOnly | Libc.OnlyDirectory);
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = Step(at, part, path);
            at.Dispose();
            at = next;
        }
        return new HeldDirectory(path, at);
    }

    /// <summary>Null where it is not there.</summary>
    public static HeldDirectory? TryOpen(string path)
    {
        try
        {
            return Open(path);
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Reads one file of a directory that others can write to; see <see cref="Read"/>.</summary>
    public static FileStream? OpenFile(string path)
    {
        using var directory = TryOpen(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        return directory?.Read(System.IO.Path.GetFileName(path));
    }

    /// <summary>Replaces one file; see <see cref="Replace"/>.</summary>
    public static void ReplaceFile(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        using var directory = Open(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
        directory.Replace(System.IO.Path.GetFileName(path), bytes, mode);
    }

    /// <summary>The way to an entry for as long as this is held: by the handle, not by the path.</summary>
    public string PathOf(string name) => $"/proc/self/fd/{_handle.DangerousGetHandle()}/{name}";

    /// <summary>
    /// The file holds these bytes or what it held before, also behind a loss of power: it is written beside, synced, renamed,
    /// and the directory is synced. A link in its place is replaced and not followed.
    /// </summary>
    public void Replace(string name, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        var fresh = PathOf(name + Temporary);
        File.Delete(fresh);
        using (var file = CreateNew(name + Temporary, mode))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(fresh, PathOf(name), overwrite: true);
        Sync();
    }

    /// <summary>A new file: what is there already, a link too, is an error.</summary>
    public FileStream CreateNew(string name, UnixFileMode mode)
    {
        var file = new FileStream(
            PathOf(name), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode });
        File.SetUnixFileMode(file.SafeFileHandle, mode); // whatever our umask takes away
        return file;
    }

    /// <summary>Makes a file that has no name and goes with its handle, so a kill leaves nothing. A file system without such
    /// files (NFS) tells its permissions instead.</summary>
    /// <exception cref="IOException">No file can be made there.</exception>
    public void RequireWritable()
    {
        using var file = Libc.OpenAt((int)_handle.DangerousGetHandle(), ".", Libc.Unnamed | Libc.WriteOnly, OwnFiles.File);
        if (!file.IsInvalid) return;
        var failure = Libc.Failure(Path);
        if (Marshal.GetLastPInvokeError() is not (Libc.NotSupported or Libc.IsDirectory or Libc.Invalid)
            || !Libc.IsWritable(PathOf(".")))
            throw failure;
    }

    /// <summary>A regular file and no link; null where there is none.</summary>
    /// <exception cref="IOException">It is a link or no regular file, or cannot be opened.</exception>
    public FileStream? Read(string name)
    {
        var handle = OpenRegular(name, Libc.ReadOnly | Libc.NonBlocking);
        return handle is null ? null : new FileStream(handle, FileAccess.Read, bufferSize: 0);
    }

    private FileStream? TryRead(string name)
    {
        try
        {
            return Read(name);
        }
        catch (NoFileException)
        {
            return null;
        }
    }

    /// <summary>Our own file, to be resumed or new; not what somebody else has put there.</summary>
    /// <exception cref="IOException">It is a link or no regular file, or another user's.</exception>
    public FileStream Append(string name, UnixFileMode mode)
    {
        var handle = OpenRegular(name, Libc.WriteOnly | Libc.Create | Libc.Append | Libc.NonBlocking, mode)!;
        if (Libc.StatusOf(handle).Uid == Libc.EffectiveUser()) return new FileStream(handle, FileAccess.Write, bufferSize: 0);
        handle.Dispose();
        throw new IOException($"{System.IO.Path.Combine(Path, name)} belongs to another user");
    }

    /// <summary>The entry itself, never what a link leads to. Nothing where it is not there.</summary>
    public void Delete(string name) => File.Delete(PathOf(name));

    /// <summary>What was renamed or removed in it survives a loss of power.</summary>
    public void Sync()
    {
        using var readable = Libc.OpenAt(Libc.CurrentDirectory, PathOf("."), Libc.ReadOnly | Libc.OnlyDirectory);
        // EINVAL: this file system knows no sync of a directory.
        if (readable.IsInvalid || (Libc.Sync(readable) != 0 && Marshal.GetLastPInvokeError() != Libc.Invalid))
            throw Libc.Failure($"{Path} cannot be synced");
    }

    /// <summary>Gives it a mode and, where set, a group.</summary>
    public void Own(UnixFileMode mode, string? group)
    {
        if (group is not null) FileGroup.Set(PathOf("."), group);
        File.SetUnixFileMode(PathOf("."), mode);
    }

    /// <summary>A directory at this path, made with all that is missing above it: each new one with this mode and
    /// group.</summary>
    public static HeldDirectory Make(string path, UnixFileMode mode, string? group)
    {
        if (TryOpen(path) is { } there) return there;
        using var parent = Make(System.IO.Path.GetDirectoryName(path)!, mode, group);
        var name = System.IO.Path.GetFileName(path);
        Directory.CreateDirectory(parent.PathOf(name), OwnFiles.Directory);
        var made = new HeldDirectory(path, Step(parent._handle, name, path));
        made.Own(mode, group);
        return made;
    }

    /// <summary>A directory of our own at this path, which survives a loss of power; the one above it is there.</summary>
    public static HeldDirectory MakeOwn(string path)
    {
        if (TryOpen(path) is { } there) return there;
        using var above = Open(System.IO.Path.GetDirectoryName(path)!);
        Directory.CreateDirectory(path, OwnFiles.Directory);
        above.Sync();
        return Open(path);
    }

    /// <summary>A file that we have written, or root: one that somebody else has put in its place, or a link, is none. Where a
    /// file server maps us to another user, that one owns the directory, too.</summary>
    public byte[]? ReadOwn(string name)
    {
        using var file = TryRead(name);
        if (file is null) return null;
        var (owner, place) = (Libc.StatusOf(file.SafeFileHandle), Libc.StatusOf(_handle));
        if (!owner.IsOurs && owner.Uid != place.Uid) return null;
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    public void Dispose() => _handle.Dispose();

    private SafeFileHandle? OpenRegular(string name, int flags, UnixFileMode mode = 0)
    {
        var handle = Libc.OpenAt((int)_handle.DangerousGetHandle(), name, flags | Libc.NoFollow, mode);
        var path = System.IO.Path.Combine(Path, name);
        if (handle.IsInvalid)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                Libc.NoEntry => null,
                Libc.TooManyLinks => throw new NoFileException($"{path} is a symbolic link, and none is followed there"),
                _ => throw Libc.Failure(path),
            };
        }
        if (Libc.StatusOf(handle).IsFile) return handle;
        handle.Dispose();
        throw new NoFileException($"{path} is no regular file");
    }

    private static SafeFileHandle Step(SafeFileHandle at, string part, string path)
    {
        const int directory = Libc.PathOnly;
        var next = Libc.OpenAt((int)at.DangerousGetHandle(), part, directory | Libc.OnlyDirectory | Libc.NoFollow);
        if (!next.IsInvalid) return next;
        var error = Marshal.GetLastPInvokeError();
        if (error is Libc.NotDirectory or Libc.TooManyLinks)
        {
            if (!Libc.StatusOf(at).IsOnlyOurs)
                throw new IOException(
                    $"{path}: {part} is no directory but a link that another user may have made, so it is not followed");
            next = Libc.OpenAt((int)at.DangerousGetHandle(), part, directory | Libc.OnlyDirectory);
            if (!next.IsInvalid) return next;
            error = Marshal.GetLastPInvokeError();
        }
        throw error == Libc.NoEntry ? Missing(path) : Libc.Failure(path);
    }

    private static DirectoryNotFoundException Missing(string path) => new($"there is no {path}");

    /// <summary>What lies there is something else than a file.</summary>
    private sealed class NoFileException(string message) : IOException(message);
}
