using System.Globalization;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Qemu.Ledger.Watchdog;

/// <summary>The right to be a ledger's only watchdog: a lock on a file that ends with its holder.</summary>
public sealed class WatchdogInstance : IDisposable
{
    private readonly FileStream _lock;

    private WatchdogInstance(FileStream file) => _lock = file;

    /// <summary>Takes the right, and notes our pid; null where another watchdog has it.</summary>
    /// <exception cref="IOException">The ledger's directory cannot be written.</exception>
    public static WatchdogInstance? TryAcquire(FreezeLedger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        if (AgentLock.TryLock(Path.Combine(ledger.Directory, "watchdog.instance")) is not { } file)
            return null;
        File.WriteAllText(PidFile(ledger), Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        File.SetUnixFileMode(PidFile(ledger), OwnFiles.File);
        return new WatchdogInstance(file);
    }

    /// <summary>The pid that the running watchdog noted, or null where it is just starting.</summary>
    public static int? Holder(FreezeLedger ledger)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        try
        {
            return int.TryParse(File.ReadAllText(PidFile(ledger)), CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose() => _lock.Dispose();

    private static string PidFile(FreezeLedger ledger) => Path.Combine(ledger.Directory, "watchdog.pid");
}
