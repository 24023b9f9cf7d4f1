using System.Text.Json;
using Akka.Actor;
using Akka.Persistence;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Persistence;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Views;

public sealed class ViewsTests : IDisposable
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
    private static readonly RunOptions Options =
        new() { MaxParallel = 50, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All };
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Runs_are_listed_newest_first_in_parts_without_gap_or_repeat()
    {
        await using var views = await OpenAsync();
        // Two of the same moment: the id decides.
        foreach (var (id, hour) in new[] { ("a", 1), ("b", 2), ("c", 2), ("d", 3) })
            await views.SaveRunAsync(Run(id, T0.AddHours(hour)));

        var seen = new List<string>();
        ViewCursor? cursor = null;
        do
        {
            var page = await views.ListRunsAsync(1, cursor is null ? null : ViewCursor.Parse(cursor.ToString()));
            seen.AddRange(page.Items.Select(run => run.Id));
            cursor = page.Next;
        }
        while (cursor is not null);

        Assert.Equal(["d", "c", "b", "a"], seen);
    }

    [Fact]
    public async Task A_run_is_saved_again_over_itself_and_with_its_items_when_it_ends()
    {
        await using var views = await OpenAsync();
        await views.SaveRunAsync(Run("a", T0));
        var ended = Run("a", T0) with { Phase = RunPhase.Succeeded, EndedAt = T0.AddHours(1) };

        await views.SaveEndedRunAsync(ended, [Item(0), Item(1), Item(2)]);
        await views.SaveEndedRunAsync(ended, [Item(0), Item(1), Item(2)]);

        Assert.Equal(ended, await views.GetRunAsync("a"));
        Assert.Equal([1, 2], (await views.ListItemsAsync("a", 1, 5)).Select(item => item.Index));
    }

    [Theory]
    [InlineData(null, "p3,p2,p1")]
    [InlineData("vm1", "p2,p1")]
    [InlineData("hv2/vm1", "p2")]
    [InlineData("5ac3fd5e-0000-0000-0000-000000000001", "p1")]
    [InlineData("none", "")]
    public async Task Points_are_found_by_name_host_and_name_or_uuid(string? vm, string expected)
    {
        await using var views = await OpenAsync();
        await views.SavePointAsync(Point("p1", "hv1", "vm1") with { Uuid = "5ac3fd5e-0000-0000-0000-000000000001" }, T0);
        await views.SavePointAsync(Point("p2", "hv2", "vm1"), T0.AddHours(1));
        await views.SavePointAsync(Point("p3", "hv1", "vm3"), T0.AddHours(2));

        var page = await views.ListPointsAsync(vm, 10, null);

        Assert.Equal(expected, string.Join(',', page.Items.Select(point => point.Id)));
    }

    [Fact]
    public async Task A_key_belongs_to_its_first_request_for_a_day()
    {
        await using var views = await OpenAsync();

        Assert.Equal("r1", await views.ClaimKeyAsync("k", "request", "r1", T0));
        Assert.Equal("r1", await views.ClaimKeyAsync("k", "request", "r2", T0.AddHours(1)));
        Assert.Null(await views.ClaimKeyAsync("k", "another", "r3", T0.AddHours(2)));
        Assert.Equal("r4", await views.ClaimKeyAsync("k", "another", "r4", T0.AddDays(2)));
    }

    [Fact]
    public async Task A_write_that_fails_takes_no_other_with_it()
    {
        var file = new SqliteFile(_directory.File("w.db"));
        await using var writer = new ViewWriter(() => new(file.Options(yield: false)));
        using var gate = new ManualResetEventSlim();
        var first = writer.WriteAsync(_ => gate.Wait());

        var bad = writer.WriteAsync(_ => throw new InvalidDataException("bad"));
        var good = writer.WriteAsync(_ => { });
        gate.Set();

        await Task.WhenAll(first, good);
        await Assert.ThrowsAsync<InvalidDataException>(() => bad);
    }

    [Fact]
    public async Task Lost_views_are_built_again_from_the_journal_and_the_points_files()
    {
        var point = Point("p1", "hv1", "vm1") with { Directory = Directory.CreateDirectory(_directory.File("p1")).FullName };
        await File.WriteAllBytesAsync(
            Path.Combine(point.Directory, "point.json"),
            JsonSerializer.SerializeToUtf8Bytes(point, PointJson.Default.RecoveryPoint)
        );
        await using var system = await TestSystem.StartAsync(akka => akka.AddStore("sqlite", _directory.Path).AddSerialization());
        RunEvent[] journal =
        [
            new RunEvent.RunStarted("r1", "backup", "*", Options, [new("hv1", "vm1")], T0, null),
            new RunEvent.ItemsDispatched([new(0, 1)], T0.AddSeconds(1)),
            new RunEvent.ItemsSettled(
                [new(0, 1, ItemState.Succeeded) { Point = new("p1", point.Directory, "filesystem", 5) }], T0.AddSeconds(2)),
            new RunEvent.RunFinished(RunPhase.Succeeded, null, T0.AddSeconds(3)),
        ];
        var recorder = system.System.ActorOf(Props.Create(() => new Recorder()));
        foreach (var happened in journal) await recorder.Ask<string>(happened, TimeSpan.FromSeconds(30));

        await using var views = new SqliteViews(new(_directory.File("views.db")));
        await views.OpenAsync(fresh => new JournalReplay(system.System).ReplayAsync(fresh));

        Assert.Equal(RunPhase.Succeeded, (await views.GetRunAsync("r1"))!.Phase);
        Assert.Equal("p1", Assert.Single(await views.ListItemsAsync("r1", 0, 9)).Point!.Id);
        Assert.Equal(point.Directory, (await views.GetPointAsync("p1"))!.Directory);
    }

    [Fact]
    public async Task Views_that_are_current_are_not_built_again_and_older_ones_are()
    {
        await (await OpenAsync()).DisposeAsync();
        var rebuilt = 0;
        Task Count(IViews _) => Task.FromResult(rebuilt++);

        await using (var views = new SqliteViews(new(_directory.File("views.db")))) await views.OpenAsync(Count);
        Assert.Equal(0, rebuilt);

        await using (var db = new SqliteConnection($"Data Source={_directory.File("views.db")}"))
        {
            await db.OpenAsync();
            await using var command = db.CreateCommand();
            command.CommandText = "PRAGMA user_version = 0";
            await command.ExecuteNonQueryAsync();
        }
        await using (var views = new SqliteViews(new(_directory.File("views.db")))) await views.OpenAsync(Count);
        Assert.Equal(1, rebuilt);
    }

    private async Task<SqliteViews> OpenAsync()
    {
        var views = new SqliteViews(new(_directory.File("views.db")));
        await views.OpenAsync(_ => Task.CompletedTask);
        return views;
    }

    private static RunSummary Run(string id, DateTimeOffset at) =>
        new(id, "backup", "*", RunPhase.Running, null, new() { Total = 1, Pending = 1 }, at, null, null, Options);

    private static RunItemView Item(int index) =>
        new(index, new VmId("hv1", $"vm{index}"), ItemState.Succeeded, 1, null, null, null, null, T0, T0);

    private static RecoveryPoint Point(string id, string host, string vm) =>
        new(1, id, vm, host, null, "r1", null, null, "full", "filesystem", [], new(null, null, null, null, null, null, null));

    private sealed class Recorder : ReceivePersistentActor
    {
        public Recorder() => Command<RunEvent>(happened => Persist(happened, _ => Sender.Tell("done")));

        public override string PersistenceId => "run-r1";
    }
}
