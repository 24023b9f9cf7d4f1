using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Retention;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Actors.Stores.Tables;
using QgaOrchestrator.Actors.Tests.Stores;
using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods.Snapshot;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Tests.Retention;

/// <summary>Retention on the real stores; the clock is the test's.</summary>
public sealed class StoreTrimTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(400);
    private static readonly RunOptions Options =
        new() { MaxParallel = 50, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All };

    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly DateTimeOffset _start;
    private readonly SqliteAudit _audit;
    private readonly TableEscrow _escrow;
    private readonly FreezeLedger _ledger;
    private readonly OverlayLedger _overlays;
    private TestSystem _system = null!;
    private IViews _views = null!;

    public StoreTrimTests()
    {
        _start = _time.GetUtcNow();
        _audit = new(new(_directory.File("audit.db")));
        _escrow = SqliteTables.Escrow(new(_directory.File("escrow.db")));
        _ledger = FreezeLedger.Open(_directory.File("ledger"));
        _overlays = new(Path.Combine(_directory.File("data"), "overlays"));
    }

    public async Task InitializeAsync() =>
        _system = await TestSystem.StartAsync(akka => akka.AddJournal(Journal()).AddSerialization());

    public async Task DisposeAsync()
    {
        await _views.DisposeAsync();
        await _audit.DisposeAsync();
        await _escrow.DisposeAsync();
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
        var again = new MemoryViews(new());
        await again.OpenAsync(fresh => new JournalReplay(_system.System, RunKinds.Known).ReplayAsync(fresh));
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
    public async Task A_removal_that_was_killed_is_finished_by_the_next_trim()
    {
        await RecordAsync("old", _start, pauses: 1200);
        await RecordAsync("older", _start);
        var data = new MemoryViews.Data();
        await OpenAsync(new MemoryViews(data));
        _time.Advance(TimeSpan.FromDays(401));

        // Inside the journal, then between journal and views.
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => Trim(() => throw new OperationCanceledException()).TrimAsync(default));
        var killed = new MemoryViews(data) { BeforeRemoval = () => throw new OperationCanceledException() };
        await Assert.ThrowsAsync<OperationCanceledException>(() => Trim(views: killed).TrimAsync(default));

        Assert.Empty(Journalled());
        Assert.Equal(["old"], await RunsAsync(_views));

        Assert.Equal(1, (await Trim().TrimAsync(default)).Runs);
        Assert.Empty(await RunsAsync(_views));
    }

    [Fact]
    public async Task A_password_goes_when_neither_a_guest_nor_a_point_can_have_it()
    {
        var id = new AccountId("u1", "root");
        for (var number = 1; number <= 6; number++)
        {
            var made = new Generation(number, _start, "r", number, $"h{number}", null) { Fingerprint = $"f{number}" };
            await _escrow.ChangeAsync(
                id,
                account => AccountRules.Add(account ?? new Account(id, "h1/vm1"), made),
                new SealedGeneration(number, new byte[] { 1 }));
            await _escrow.ChangeAsync(
                id, account => AccountRules.Promote(account!, made.Number, Evidence.Hash, null, _start));
        }
        await OpenViewsAsync();
        await _views.SavePointAsync(
            new RecoveryPoint(1, "p", "vm1", "h1", "u1", "r", null, null, "full", "crash", [], new PointProof(
                null, null, null, null, null, null, null))
            { Passwords = [new PointPassword("root", 2)] },
            _start);
        _time.Advance(TimeSpan.FromDays(401));

        Assert.Equal(3, (await Trim().TrimAsync(default)).Generations);

        Assert.Equal([2, 5, 6], (await _escrow.FindAsync(id))!.Generations.Select(one => one.Number));
        Assert.Null(await _escrow.SealedAsync(id, 1));
        Assert.NotNull(await _escrow.SealedAsync(id, 2));
        Assert.Empty(await _escrow.WithFingerprintAsync("f1"));
    }

    private SqliteJournal Journal(Func<Task>? pause = null) =>
        new SqliteJournal(new(_directory.File("journal.db")), pause ?? (() => Task.CompletedTask));

    private StoreTrim Trim(Func<Task>? pause = null, IViews? views = null) =>
        new(
            "h1", Keep, views ?? _views, Journal(pause), _audit, _escrow, _ledger,
            new CutHost(_directory.File("data"), TimeProvider.System),
            RunKinds.Known, _time);

    private Task OpenViewsAsync() => OpenAsync(new TableViews(new SqliteViewTables(new(_directory.File("views.db")))));

    private async Task OpenAsync(IViews views)
    {
        _views = views;
        await _views.OpenAsync(fresh => new JournalReplay(_system.System, RunKinds.Known).ReplayAsync(fresh));
    }

    private static async Task<string[]> RunsAsync(IViews views) =>
        [.. (await views.ListRunsAsync(100, null)).Items.Select(run => run.Id).Order(StringComparer.Ordinal)];

    private async Task RecordAsync(string run, DateTimeOffset at, string? point = null, bool ended = true, int pauses = 0)
    {
        var outcome = new ItemOutcome(0, 1, ItemState.Succeeded)
        {
            Values = new BackupValues(Point: point is null ? null : new PointMade("p", point, "filesystem", 5)).ToOwn(),
        };
        RunEvent[] events =
        [
            new RunEvent.RunStarted(run, "backup", "*", Options, [new VmId("h1", "vm1")], at, null),
            .. RunRecorder.Pauses(pauses, at),
            new RunEvent.ItemsDispatched([new(0, 1)], at),
            new RunEvent.ItemsSettled([outcome], at),
            .. ended ? [new RunEvent.RunFinished(RunPhase.Succeeded, null, at)] : Array.Empty<RunEvent>(),
        ];
        await RunRecorder.RecordAsync(_system, run, events);
    }

    private string[] Journalled()
    {
        using var db = new SqliteConnection($"Data Source={_directory.File("journal.db")};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = "SELECT DISTINCT persistence_id FROM journal ORDER BY persistence_id";
        using var reader = command.ExecuteReader();
        var ids = new List<string>();
        while (reader.Read()) ids.Add(reader.GetString(0));
        return [.. ids];
    }
}
