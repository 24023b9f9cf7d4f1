namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>
/// The right to speak to a VM's agent on this host: an exclusive lock (flock) on <c>VM.lock</c> in the ledger's directory.
/// It ends with the process that holds it, whatever ends that. The file stays for ever: to delete it would let two hold it.
/// </summary>
public sealed class AgentLock : IDisposable
{
    private const int WouldBlock = 11;
    private readonly FileStream _file;

    private AgentLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or returns null at once where somebody holds it (also one of this process).</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static AgentLock? TryAcquire(FreezeLedger ledger, string vm)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        return TryLock(Path.Combine(ledger.Directory, VmName.Require(vm) + ".lock")) is { } file ? new AgentLock(file) : null;
    }

    public void Dispose() => _file.Dispose();

    /// <summary>An open file with an exclusive lock on it, or null where somebody holds it.</summary>
    internal static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            return null;
        }
    }
}
