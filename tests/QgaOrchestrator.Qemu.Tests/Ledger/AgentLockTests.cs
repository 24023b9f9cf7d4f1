using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Qemu.Tests.Ledger;

public sealed class AgentLockTests : IDisposable
{
    private readonly TempLedger _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void Only_one_process_holds_an_agents_lock_at_a_time()
    {
        using (var first = AgentLock.TryAcquire(_temp.Ledger, "db1"))
        {
            Assert.NotNull(first);
            Assert.Null(AgentLock.TryAcquire(_temp.Ledger, "db1"));
            using var other = AgentLock.TryAcquire(_temp.Ledger, "db2");
            Assert.NotNull(other);
        }
        using var next = AgentLock.TryAcquire(_temp.Ledger, "db1");
        Assert.NotNull(next);
    }

    [Fact]
    public void A_directory_that_is_gone_is_an_error_and_no_held_lock()
    {
        var nowhere = FreezeLedger.At(Path.Combine(_temp.Ledger.Directory, "none"));
        Assert.Throws<DirectoryNotFoundException>(() => AgentLock.TryAcquire(nowhere, "db1"));
    }
}
