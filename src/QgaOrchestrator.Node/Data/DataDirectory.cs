using System.Globalization;

namespace QgaOrchestrator.Node.Data;

/// <summary>
/// The node's own directory (0700), locked for as long as this lives: two nodes on one journal would each undo the other's
/// work. The lock is the kernel's and goes with the process, however it ends.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held) => (Path, _lock) = (path, held);

    public string Path { get; }

    public string TokenFile => System.IO.Path.Combine(Path, "admin.token");

    /// <exception cref="DataDirectoryException">Another node holds it, or it cannot be made.</exception>
    public static DataDirectory Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new(path, Lock(System.IO.Path.Combine(path, "qgad.lock"), path));
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
            throw new DataDirectoryException($"Node.DataDirectory {path} is in use by another qgad, pid {Holder(file)}");
        }
        held.SetLength(0);
        held.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        held.Flush();
        return held;
    }

    // Opened without a share of our own, so that reading asks for no lock.
    private static string Holder(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd() is { Length: > 0 } pid ? pid : "unknown";
    }
}

/// <summary>The data directory cannot be used; the message says why.</summary>
public sealed class DataDirectoryException(string message) : Exception(message);
