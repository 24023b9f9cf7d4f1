using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Kinds.Backup;

/// <summary>A guest with a disk that holds no file system: a database's own, or swap.</summary>
public class UncoveredDiskTests : OneHost
{
    protected override FleetOptions Options => new() { Mountpoint = index => index == 0 ? "/" : null };

    [Fact]
    public async Task A_disk_that_no_frozen_file_system_covers_lowers_the_class_and_fails_nothing()
    {
        await StartAsync();
        var outcome = Run(Item());
        Assert.Equal((ItemState.Succeeded, "crash"), (outcome.State, BackupValues.Of(outcome.Values).Point?.Class));
    }
}
