using System.Globalization;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Node.Data;

/// <summary>
/// The node's own directory (0700, or 0711 where QEMU's user must pass through to its points), locked for as long as this lives:
/// two nodes on one journal would each undo the other's work. The lock is the kernel's and goes with the process, however it
/// ends.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }

    public string TokenFile => TokenFileOf(Path);

    public static string TokenFileOf(string path) => System.IO.Path.Combine(path, "admin.token");

    /// <summary>What is in it is the owner's alone, but for the points, which say for themselves whose they are.</summary>
    /// <exception cref="DataDirectoryException">Another node holds it, it cannot be made, or others can look into it.</exception>
    public static DataDirectory Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path, OwnFiles.Directory);
            if (OwnFiles.DirectoryFault(path) is { } fault)
                throw new DataDirectoryException($"Node.DataDirectory {path} is refused: {fault}");
            var held = Lock(System.IO.Path.Combine(path, "qgad.lock"), path);
            // What an earlier version, or a copy, left readable.
            OwnFiles.Close(path, "results", "overlays", "drafts", "hooks");
            return new(path, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"Node.DataDirectory {path}: {e.Message}");
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
            throw new DataDirectoryException($"Node.DataDirectory {path} is in use by another qgad, pid {Holder(path)}");
        }
        File.WriteAllText(PidFile(path), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return held;
    }

    // Beside the lock's own file, which nobody but its holder can open.
    private static string PidFile(string path) => System.IO.Path.Combine(path, "qgad.pid");

    private static string Holder(string path) => File.Exists(PidFile(path)) ? File.ReadAllText(PidFile(path)) : "unknown";
}

/// <summary>The data directory cannot be used; the message says why.</summary>
public sealed class DataDirectoryException(string message) : Exception(message);
