using System.Text.Json;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Actors.Stores.Tables;
using QgaOrchestrator.Actors.Tests.Stores;
using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Views;

public sealed class JournalReplayTests : IDisposable
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Lost_views_are_rebuilt_from_the_journal_and_the_points_files()
    {
        var point = new RecoveryPoint(
            1, "p1", "vm1", "hv1", null, "r1", null, null, "full", "filesystem", [],
            new(null, null, null, null, null, null, null))
        {
            Directory = Directory.CreateDirectory(_directory.File("p1")).FullName,
        };
        await File.WriteAllBytesAsync(
            Path.Combine(point.Directory, "point.json"),
            JsonSerializer.SerializeToUtf8Bytes(point, PointJson.Default.RecoveryPoint)
        );
        var journal = new SqliteJournal(new(_directory.File("journal.db")), () => Task.CompletedTask);
        await using var system = await TestSystem.StartAsync(akka => akka.AddJournal(journal).AddSerialization());
        var options = new RunOptions { MaxParallel = 50, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All };
        var made = new BackupValues(Point: new("p1", point.Directory, "filesystem", 5)).ToOwn();
        await RunRecorder.RecordAsync(system, "r1",
        [
            new RunEvent.RunStarted("r1", "backup", "*", options, [new("hv1", "vm1")], T0, null),
            new RunEvent.ItemsDispatched([new(0, 1)], T0.AddSeconds(1)),
            new RunEvent.ItemsSettled(
                [new(0, 1, ItemState.Succeeded) { Values = made }], T0.AddSeconds(2)),
            new RunEvent.RunFinished(RunPhase.Succeeded, null, T0.AddSeconds(3)),
        ]);

        await using var views = new TableViews(new SqliteViewTables(new(_directory.File("views.db"))));
        await views.OpenAsync(fresh => new JournalReplay(system.System, RunKinds.Known).ReplayAsync(fresh));

        Assert.Equal(RunPhase.Succeeded, (await views.GetRunAsync("r1"))!.Phase);
        Assert.Equal("p1", BackupValues.Of(Assert.Single(await views.ListItemsAsync("r1", 0, 9)).Values).Point!.Id);
        Assert.Equal(point.Directory, (await views.GetPointAsync("p1"))!.Directory);
    }
}
