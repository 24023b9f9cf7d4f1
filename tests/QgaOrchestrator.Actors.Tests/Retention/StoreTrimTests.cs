using Akka.Actor;
using Akka.Persistence;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Persistence;
using QgaOrchestrator.Actors.Retention;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods.Snapshot;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Tests.Retention;

/// <summary>What is older than Store.Keep goes, on the real stores; the clock is the test's.</summary>
public sealed class StoreTrimTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(400);
    private static readonly RunOptions Options =
        new() { MaxParallel = 50, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All };

    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly DateTimeOffset _start;
    private readonly SqliteAudit _audit;
    private readonly FreezeLedger _ledger;
    private readonly OverlayLedger _overlays;
    private TestSystem _system = null!;
    private SqliteViews _views = null!;

    public StoreTrimTests()
    {
        _start = _time.GetUtcNow();
        _audit = new(new(_directory.File("audit.db")));
        _ledger = FreezeLedger.Open(_directory.File("ledger"));
        _overlays = new(Path.Combine(_directory.File("data"), "overlays"));
    }

    public async Task InitializeAsync() =>
        _system = await TestSystem.StartAsync(akka => akka.AddStore("sqlite", _directory.Path).AddSerialization());

    public async Task DisposeAsync()
    {
        await _views.DisposeAsync();
        await _audit.DisposeAsync();
        await _system.DisposeAsync();
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_is_older_than_Keep_goes_but_not_what_something_still_needs()
    {
        var there = Directory.CreateDirectory(_directory.File("target/h1~vm1/there")).FullName;
        await RecordAsync("old", _start);
        await RecordAsync("its-point-is-gone", _start, point: _directory.File("target/h1~vm1/gone"));
        await RecordAsync("its-point-is-there", _start, point: there);
        await RecordAsync("its-target-is-not-mounted", _start, point: _directory.File("unmounted/h1~vm1/point"));
        await RecordAsync("open", _start, ended: false);
        await RecordAsync("in-the-ledger", _start);
        await RecordAsync("overlaid", _start);
        await RecordAsync("young", _start.AddDays(300));
        _ledger.Write(
            new LedgerEntry(
                "vm1",
                null,
                "/a",
                SocketHold.Exclusive,
                null,
                "b",
                "in-the-ledger",
                0,
                1,
                "w",
                LedgerPhase.Thawed,
                _start,
                _start,
                new WindowFacts()
            )
        );
        _overlays.Write(
            new OpenOverlay("h1~vm1", CutNames.For("overlaid", 0, 1).Hash, new QemuProcess(1, 1, 0), "b", _start, "/t", null, [])
        );
        await OpenViewsAsync();

        _time.Advance(TimeSpan.FromDays(401));
        Assert.Equal(new TrimReport(2, 0, null), await Trim().TrimAsync(default));

        string[] kept = ["in-the-ledger", "its-point-is-there", "its-target-is-not-mounted", "open", "overlaid", "young"];
        Assert.Equal(kept, await RunsAsync(_views));
        Assert.Empty(await _views.ListItemsAsync("old", 0, 9));
        Assert.Equal(kept.Select(run => $"run-{run}"), Journalled());
        // The views built again from the journal are the same.
        await using var again = new SqliteViews(new(_directory.File("again.db")));
        await again.OpenAsync(fresh => new JournalReplay(_system.System).ReplayAsync(fresh));
        Assert.Equal(kept, await RunsAsync(again));
        var told = (await _audit.ListAsync(new(9)))[0].Entry;
        Assert.Equal(
            (
                "node",
                "trim",
                "0 entries of this log, up to number 0, and 2 runs were removed: they are from before "
                    + "2026-01-02T01:00:00+00:00 (Store.Keep)"
            ),
            (told.Who, told.What, told.Detail)
        );
        Assert.Equal(new TrimReport(0, 0, null), await Trim().TrimAsync(default));
    }

    [Fact]
    public async Task A_ledger_that_cannot_be_read_keeps_every_run()
    {
        await RecordAsync("old", _start);
        await OpenViewsAsync();
        _time.Advance(TimeSpan.FromDays(401));
        await File.WriteAllTextAsync(_ledger.PathOf("vm1"), "{");
        await Assert.ThrowsAsync<IOException>(() => Trim().TrimAsync(default));
        Assert.Equal(["old"], await RunsAsync(_views));
    }

    [Fact]
    public async Task A_removal_that_is_cut_short_leaves_no_half_run_and_is_finished_later()
    {
        await RecordAsync("old", _start, pauses: 1200);
        await OpenViewsAsync();
        _time.Advance(TimeSpan.FromDays(401));

        var killed = new JournalTrim(Journal, () => throw new OperationCanceledException());
        await Assert.ThrowsAsync<OperationCanceledException>(() => killed.RemoveAsync("run-old", default));
        Assert.Equal(["run-old"], Journalled());
        await using var again = new SqliteViews(new(_directory.File("again.db")));
        await again.OpenAsync(fresh => new JournalReplay(_system.System).ReplayAsync(fresh));
        Assert.Empty(await RunsAsync(again));

        // Between two of its transactions the journal is written as ever.
        var pauses = 0;
        await Trim(() => RecordAsync($"meanwhile{++pauses}", _time.GetUtcNow())).TrimAsync(default);
        Assert.Equal(1, pauses);
        Assert.Equal(["run-meanwhile1"], Journalled());
    }

    [Fact]
    public async Task The_space_of_what_was_removed_is_used_again()
    {
        await OpenViewsAsync();
        await RecordAsync("a", _start, pauses: 1000);
        var pages = Number("PRAGMA page_count");
        await new JournalTrim(Journal, () => Task.CompletedTask).RemoveAsync("run-a", default);
        Assert.Equal(pages, Number("PRAGMA page_count"));
        Assert.True(Number("PRAGMA freelist_count") > pages / 2);

        await RecordAsync("b", _start, pauses: 1000);
        Assert.InRange(Number("PRAGMA page_count"), pages, pages + pages / 10);
    }

    private SqliteFile Journal => new(_directory.File("journal.db"));

    private StoreTrim Trim(Func<Task>? pause = null) =>
        new("h1", Keep, _views, new JournalTrim(Journal, pause ?? (() => Task.CompletedTask)), _audit, _ledger,
            new CutHost(_directory.File("data"), new Dictionary<string, IReadOnlyList<string>>(), TimeProvider.System), _time);

    private async Task OpenViewsAsync()
    {
        _views = new(new(_directory.File("views.db")));
        await _views.OpenAsync(fresh => new JournalReplay(_system.System).ReplayAsync(fresh));
    }

    private static async Task<string[]> RunsAsync(SqliteViews views) =>
        [.. (await views.ListRunsAsync(100, null)).Items.Select(run => run.Id).Order(StringComparer.Ordinal)];

    private async Task RecordAsync(string run, DateTimeOffset at, string? point = null, bool ended = true, int pauses = 0)
    {
        var outcome = new ItemOutcome(0, 1, ItemState.Succeeded)
        {
            Point = point is null ? null : new PointMade("p", point, "filesystem", 5),
        };
        RunEvent[] events =
        [
            new RunEvent.RunStarted(run, "backup", "*", Options, [new VmId("h1", "vm1")], at, null),
            .. Enumerable.Range(0, pauses / 2).SelectMany(
                _ => new RunEvent[] { new RunEvent.RunPaused(at) { By = new string('x', 100) }, new RunEvent.RunResumed(at) }),
            new RunEvent.ItemsDispatched([new(0, 1)], at),
            new RunEvent.ItemsSettled([outcome], at),
            .. ended ? [new RunEvent.RunFinished(RunPhase.Succeeded, null, at)] : Array.Empty<RunEvent>(),
        ];
        var recorder = _system.System.ActorOf(Props.Create(() => new Recorder($"run-{run}")));
        await recorder.Ask<string>(events, TimeSpan.FromSeconds(60));
    }

    private string[] Journalled() =>
        Rows("SELECT DISTINCT persistence_id FROM journal ORDER BY persistence_id", reader => reader.GetString(0));

    private long Number(string sql) => Rows(sql, reader => reader.GetInt64(0))[0];

    private T[] Rows<T>(string sql, Func<SqliteDataReader, T> read)
    {
        using var db = new SqliteConnection($"Data Source={_directory.File("journal.db")};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(read(reader));
        return [.. rows];
    }

    private sealed class Recorder : ReceivePersistentActor
    {
        public Recorder(string id)
        {
            PersistenceId = id;
            Command<RunEvent[]>(events =>
            {
                var left = events.Length;
                PersistAll(events, _ =>
                {
                    if (--left == 0) Sender.Tell("done");
                });
            });
        }

        public override string PersistenceId { get; }
    }
}
