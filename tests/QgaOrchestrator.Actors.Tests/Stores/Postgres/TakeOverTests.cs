using System.Security.Cryptography;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Postgres;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Actors.Stores.Tables;
using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Stores.Postgres;

/// <summary>A single node's stores are copied to PostgreSQL.</summary>
[Collection(PostgresCollection.Name)]
public sealed class TakeOverTests(OnePostgres one) : IDisposable
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
    private static readonly AccountId Root = new("11111111-2222-3333-4444-555555555555", "root");
    private static readonly RunOptions Options =
        new() { MaxParallel = 50, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All };

    private readonly TempDirectory _directory = new();
    private readonly Task<string> _database = one.NewAsync();
    private readonly List<string> _told = [];

    public void Dispose() => _directory.Dispose();

    [SkippableFact]
    public async Task All_is_copied_once_and_the_source_is_as_it_was()
    {
        await FillAsync(underWay: false);
        var before = Sums();

        Assert.Equal(new TakenOver(2, 1, 1, 1), await RunAsync());
        Assert.True((await RunAsync()).IsNothing);

        Assert.Equal(before, Sums());
        Assert.Contains("runs: 2 copied", _told);
        var database = one.Open(_database.Result);
        var views = new TableViews(database);
        await views.OpenAsync(_ => throw new InvalidOperationException("rebuilt"));
        Assert.Equal(RunPhase.Succeeded, (await views.GetRunAsync("ended"))!.Phase);
        Assert.Equal(ItemState.Succeeded, Assert.Single(await views.ListItemsAsync("ended", 0, 9)).State);
        Assert.Equal(RunPhase.Paused, (await views.GetRunAsync("paused"))!.Phase);
        Assert.Equal("/points/p1", (await views.GetPointAsync("p1"))!.Directory);
        Assert.Equal("anna", Assert.Single(await new PostgresTokens(database).ReadAsync()).Name);
        Assert.Equal([1, 2, 3], await new TableEscrow(database).SealedAsync(Root, 1));
        Assert.Single(await new TableEscrow(database).WithFingerprintAsync("f1"));
        await using var system = await TestSystem.StartAsync(
            akka => akka.AddJournal(new PostgresJournal(database, () => Task.CompletedTask)).AddSerialization());
        var rebuilt = new MemoryViews(new());
        await rebuilt.OpenAsync(fresh => new JournalReplay(system.System, RunKinds.Known).ReplayAsync(fresh));
        Assert.Equal(RunPhase.Paused, (await rebuilt.GetRunAsync("paused"))!.Phase);
        Assert.Equal(RunPhase.Succeeded, (await rebuilt.GetRunAsync("ended"))!.Phase);
    }

    [SkippableFact]
    public async Task A_run_that_is_under_way_is_named_and_nothing_is_copied()
    {
        await FillAsync(underWay: true);

        var error = await Assert.ThrowsAsync<StoreException>(RunAsync);

        Assert.Equal("these runs are under way: running", error.Reason);
        Assert.Contains("qgactl run pause", error.Remedy, StringComparison.Ordinal);
        Assert.Equal("0", await one.AskAsync(_database.Result, "SELECT count(*) FROM runs"));
    }

    [SkippableFact]
    public async Task A_directory_that_no_node_has_completed_is_refused()
    {
        var error = await Assert.ThrowsAsync<StoreException>(RunAsync);

        Assert.Contains("views.db", error.Reason, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    private Task<TakenOver> RunAsync() =>
        new TakeOver(one.OptionsOf(_database.Result), TimeProvider.System, _told.Add).RunAsync(_directory.Path);

    private string[] Sums() =>
    [
        .. Directory.GetFiles(_directory.Path).Order(StringComparer.Ordinal)
            .Select(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))}"),
    ];

    private async Task FillAsync(bool underWay)
    {
        var provider = new SqliteProvider();
        var stores = provider.Create(provider.Read(new GivenKeys()), _directory.Path, TimeProvider.System);
        await using var views = stores.Views;
        await using var escrow = stores.Escrow;
        await views.OpenAsync(_ => Task.CompletedTask);
        await using (var system = await TestSystem.StartAsync(akka => akka.AddJournal(stores.Journal).AddSerialization()))
        {
            await KeepAsync(system, views, "ended", new RunEvent.RunFinished(RunPhase.Succeeded, null, T0));
            await KeepAsync(system, views, "paused", new RunEvent.RunPaused(T0));
            if (underWay) await KeepAsync(system, views, "running");
        }
        await views.SavePointAsync(
            new(
                1, "p1", "vm1", "hv1", null, "ended", null, null, "full", "filesystem", [],
                new(null, null, null, null, null, null, null))
            {
                Directory = "/points/p1",
            },
            T0);
        await stores.Tokens.AddAsync(new("anna", "viewer", "00", T0));
        await escrow.ChangeAsync(
            Root,
            old => AccountRules.Add(old ?? new(Root, "hv1/db1"), new(1, T0, "ended", 7, "$6$salt$hash", "before")),
            new(1, new byte[] { 1, 2, 3 }));
        await escrow.ChangeAsync(Root, old => AccountRules.Apply(old!, 1, "f1", T0));
    }

    private static async Task KeepAsync(TestSystem system, IViews views, string run, params RunEvent[] last)
    {
        RunEvent[] events =
        [
            new RunEvent.RunStarted(run, "backup", "*", Options, [new VmId("h1", "vm1")], T0, null),
            new RunEvent.ItemsDispatched([new(0, 1)], T0),
            new RunEvent.ItemsSettled([new ItemOutcome(0, 1, ItemState.Succeeded)], T0),
            .. last,
        ];
        await RunRecorder.RecordAsync(system, run, events);
        var state = events.Aggregate((RunState?)null, RunRules.Evolve)!;
        var summary = RunSummary.Of(state);
        await (state.IsEnded
            ? views.SaveEndedRunAsync(summary, [.. state.Items.Select(RunItemView.Of)])
            : views.SaveRunAsync(summary));
    }
}
