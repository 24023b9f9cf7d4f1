using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Ledger;

/// <summary>A ledger in a directory of its own.</summary>
internal sealed class TempLedger : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qga").FullName;

    internal TempLedger() => Ledger = FreezeLedger.Open(Path.Combine(_directory, "frozen"));

    internal FreezeLedger Ledger { get; }

    internal static LedgerEntry Entry(string vm = "db1", string window = "w1") => new(
        vm, "5a7f1e9c-0000-4000-8000-00000000000a", $"/run/vms/{vm}/qga.sock", SocketHold.PerCommand,
        new QemuProcess(4711, 123456, 107), "0b1c2d3e-boot", "run-7", 3, 1, window, LedgerPhase.Cut,
        new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero), new DateTimeOffset(2026, 3, 4, 5, 6, 17, TimeSpan.Zero),
        new WindowFacts
        {
            FreezeSentAt = new DateTimeOffset(2026, 3, 4, 5, 6, 7, 125, TimeSpan.Zero),
            FrozenAt = new DateTimeOffset(2026, 3, 4, 5, 6, 7, 250, TimeSpan.Zero),
            FrozenAfterMs = 125.5,
            Frozen = 2,
        });

    internal string Put(string file, string text)
    {
        var path = Path.Combine(Ledger.Directory, file);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
