using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>Files that a node of November 2026 wrote (<c>Stores/Earlier</c>) are kept for good, and open.</summary>
public sealed class EarlierFilesTests : IAsyncLifetime, IDisposable
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _directory = new();
    private NodeStores _stores = null!;

    public Task InitializeAsync()
    {
        var earlier = Path.Combine(AppContext.BaseDirectory, "Stores", "Earlier");
        foreach (var file in Directory.EnumerateFiles(earlier, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_directory.Path, Path.GetRelativePath(earlier, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
        var provider = StoreProviders.Find("sqlite");
        _stores = provider.Create(new SqliteProvider().Read(new NoKeys()), _directory.Path, TimeProvider.System);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stores.Views.DisposeAsync();
        await _stores.Audit.DisposeAsync();
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Views_are_read_without_a_rebuild()
    {
        await _stores.Views.OpenAsync(_ => throw new InvalidOperationException("rebuilt"));

        Assert.Equal(["r2", "r1"], (await _stores.Views.ListRunsAsync(9, null)).Items.Select(run => run.Id));
        Assert.Equal("p1", BackupValues.Of(Assert.Single(await _stores.Views.ListItemsAsync("r1", 0, 9)).Values).Point!.Id);
        Assert.Equal("/gone/hv1~vm1/p1", (await _stores.Views.GetPointAsync("p1"))!.Directory);
        Assert.Equal("r1", await _stores.Keys.ClaimAsync("k", "request", "r9", T0.AddHours(1)));
    }

    [Fact]
    public async Task The_journal_is_replayed_and_runs_are_removed_from_it()
    {
        Assert.False(await _stores.Journal.IsNewAsync());
        await using var system = await TestSystem.StartAsync(akka => akka.AddJournal(_stores.Journal).AddSerialization());

        var views = await RebuiltAsync();
        Assert.Equal(RunPhase.Succeeded, (await views.GetRunAsync("r1"))!.Phase);
        Assert.Equal(RunPhase.Running, (await views.GetRunAsync("r2"))!.Phase);
        await _stores.Journal.RemoveAsync("run-r1", default);

        Assert.Equal(["r2"], (await (await RebuiltAsync()).ListRunsAsync(9, null)).Items.Select(run => run.Id));

        async Task<MemoryViews> RebuiltAsync()
        {
            var fresh = new MemoryViews(new());
            await fresh.OpenAsync(empty => new JournalReplay(system.System, RunKinds.Known).ReplayAsync(empty));
            return fresh;
        }
    }

    [Fact]
    public async Task The_audit_logs_chain_holds_and_continues()
    {
        Assert.Equal(
            (3L, 2L, null, T0.AddDays(-1)),
            await _stores.Audit.VerifyAsync() is var check
                ? (check.Entries, check.First, check.Broken, check.KeptFrom)
                : default
        );
        await _stores.Audit.AppendAsync(
            new AuditEntry(T0, "admin", null, "again", null, "r1", "hv1", AuditOutcomes.Done, null) { Key = "r1/started" },
            new AuditEntry(T0, "admin", null, "c", null, "r1", "hv1", AuditOutcomes.Done, null)
        );

        Assert.Equal(
            ["c", "trim", "b", "a"], (await _stores.Audit.ListAsync(new(9))).Select(line => line.Entry.What));
        Assert.Null((await _stores.Audit.VerifyAsync()).Broken);
    }

    [Fact]
    public async Task Results_and_tokens_are_read()
    {
        var result = Assert.Single(_stores.Results.List("r3"));
        Assert.Equal((7L, ItemState.Succeeded, 0L), (result.Pid!.Value, result.State!.Value, result.ExitCode!.Value));
        using var said = new StreamReader(_stores.Results.Open("r3", 0, "out")!);
        Assert.Equal("hello", await said.ReadToEndAsync());

        Assert.Equal(
            ["ci operator", "old viewer"], (await _stores.Tokens.ReadAsync()).Select(token => $"{token.Name} {token.Role}"));
    }

    private sealed class NoKeys : IStoreKeys
    {
        public string? Text(string name) => null;

        public string? FullPath(string name) => null;

        public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan least, TimeSpan most) => fallback;

        public void Refuse(string name, string why) => throw new InvalidOperationException(why);
    }
}
