using System.Globalization;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Qemu.Cut.Methods;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Node.Data;

/// <summary>
/// The node's own directory (0700, or 0711 where QEMU's user must reach its points), locked while this object exists: two
/// nodes on one journal would each undo the other's work. The lock is the kernel's and ends with the process, however that
/// ends.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }

    public string TokenFile => TokenFileOf(Path);

    public static string TokenFileOf(string path) => System.IO.Path.Combine(path, "admin.token");

    /// <summary>Its files are the owner's alone, except the points, which have owners of their own.</summary>
    /// <exception cref="DataDirectoryException">Another node uses it, it cannot be made, or others can read it.</exception>
    public static DataDirectory Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path, OwnFiles.Directory);
            if (OwnFiles.DirectoryFault(path) is { } fault)
                throw new DataDirectoryException($"Node.DataDirectory {path} is refused: {fault}");
            var held = Lock(System.IO.Path.Combine(path, "qgad.lock"), path);
            // An earlier version, or a copy, may have left files that others can read.
            OwnFiles.Close(path, [.. StoreProviders.Directories, .. RunKinds.Known.Directories, .. CutMethods.Records]);
            return new(path, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"Node.DataDirectory {path}: {e.Message}");
        }
    }

    /// <summary>Keeps every node from a data directory, and writes nothing there.</summary>
    /// <exception cref="DataDirectoryException">A node uses it, or it is none.</exception>
    public static IDisposable HoldOther(string path)
    {
        var file = System.IO.Path.Combine(path, "qgad.lock");
        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.None);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataDirectoryException($"{path} is no data directory of a node: it has no qgad.lock. Name another");
        }
        catch (IOException) when (File.Exists(file))
        {
            throw new DataDirectoryException($"{path} is in use by a qgad, pid {Holder(path)}. Stop it first");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DataDirectoryException($"{file}: {e.Message.TrimEnd('.')}. Run this as the node's user");
        }
    }

    public void Dispose() => _lock.Dispose();

    private static FileStream Lock(string file, string path)
    {
        FileStream held;
        try
        {
            held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(file))
        {
            throw new DataDirectoryException(
                $"Node.DataDirectory {path} is in use by another qgad, pid {Holder(path)}. Stop it, or name another directory");
        }
        File.WriteAllText(PidFile(path), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return held;
    }

    // A file beside the lock, which only its holder can open.
    private static string PidFile(string path) => System.IO.Path.Combine(path, "qgad.pid");

    private static string Holder(string path) => File.Exists(PidFile(path)) ? File.ReadAllText(PidFile(path)) : "unknown";
}

/// <summary>The data directory cannot be used; the message says why.</summary>
public sealed class DataDirectoryException(string message) : Exception(message);
