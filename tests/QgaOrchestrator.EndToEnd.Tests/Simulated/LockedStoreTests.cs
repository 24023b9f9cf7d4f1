using Microsoft.Data.Sqlite;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Another process holds the journal for 20 s, from inside the windows on: no guest waits for a database.</summary>
public sealed class LockedStoreTests
{
    private const int Vms = 20;
    private static readonly TimeSpan Locked = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task While_the_journal_is_locked_guests_are_thawed_and_the_run_ends_when_it_is_free()
    {
        await using var lab = await SimulatedLab.StartAsync(Vms);
        await lab.WaitForReadyAsync(Vms);
        await using var journal = new SqliteConnection($"Data Source={Path.Combine(lab.Node.Data, "journal.db")};Pooling=False");
        await journal.OpenAsync();
        await using var hold = journal.CreateCommand();
        hold.CommandText = "BEGIN EXCLUSIVE";
        var locked = lab.At(Vms / 2, fact => fact.Kind == "freeze", () => hold.ExecuteNonQuery());
        var run = await lab.StartBackupAsync();

        var since = await locked;
        await Poll.UntilAsync("end of the lock", Locked * 2, () => TimeProvider.System.GetUtcNow() - since.At > Locked);
        await lab.WaitForThawAsync();
        // Also of those whose windows opened while it was locked.
        Assert.InRange(lab.Fleet.LongestFrozenAfter(since.At), TimeSpan.MinValue, TimeSpan.FromSeconds(1));
        hold.CommandText = "ROLLBACK";
        await hold.ExecuteNonQueryAsync();

        Assert.Equal(RunStates.Succeeded, (await lab.EndOfAsync(run)).State);
        Assert.All(lab.Fleet.Vms, vm => Assert.Equal(1, vm.Guest.Epoch));
        await lab.AssertNothingLeftAsync(Vms);
    }
}
