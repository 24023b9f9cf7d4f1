using Akka.Actor;
using Akka.Persistence;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>What every implementation of <see cref="IJournal"/> does under the node's actors.</summary>
public abstract class JournalSuite : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);
    private static readonly RunOptions Options =
        new() { MaxParallel = 50, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All };

    private readonly List<TestSystem> _started = [];

    /// <summary>Another object over the same journal, as a new process makes it. Earlier ones may not have been closed.</summary>
    /// <param name="pause">Awaited between two steps of a removal.</param>
    protected abstract IJournal Create(Func<Task> pause);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var system in _started) await system.DisposeAsync();
    }

    [SkippableFact]
    public async Task Events_are_there_after_a_kill_after_any_of_them()
    {
        for (var count = 1; count <= 3; count++)
        {
            var actor = await StartWriterAsync("run-r1");
            Assert.Equal(count, await actor.Ask<int>("add", Patience));
        }
        Assert.Equal(3, await (await StartWriterAsync("run-r1")).Ask<int>("count", Patience));
        Assert.Equal(0, await (await StartWriterAsync("run-r2")).Ask<int>("count", Patience));
    }

    [SkippableFact]
    public async Task A_journal_is_new_until_it_was_opened_and_then_has_its_tables()
    {
        var journal = Create(() => Task.CompletedTask);
        Assert.True(await journal.IsNewAsync());
        Assert.False(await journal.IsReadyAsync());

        await (await StartWriterAsync("run-r1")).Ask<int>("add", Patience);

        Assert.True(await journal.IsReadyAsync());
        Assert.False(await Create(() => Task.CompletedTask).IsNewAsync());
    }

    [SkippableFact]
    public async Task A_writer_with_an_outdated_sequence_number_is_refused()
    {
        var first = await StartWriterAsync("run-r1");
        Assert.Equal(1, await first.Ask<int>("add", Patience));
        var second = await StartWriterAsync("run-r1");
        Assert.Equal(1, await second.Ask<int>("count", Patience));
        Assert.Equal(2, await first.Ask<int>("add", Patience));

        // Its sequence number is taken: it stops without an answer.
        using var stopped = new CancellationTokenSource();
        var ended = second.WatchAsync(stopped.Token);
        second.Tell("add");
        Assert.True(await ended.WaitAsync(Patience));

        Assert.Equal(2, await (await StartWriterAsync("run-r1")).Ask<int>("count", Patience));
    }

    [SkippableFact]
    public async Task Views_are_rebuilt_from_the_journal()
    {
        var system = await StartAsync();
        await RecordAsync(system, "r1", pauses: 0, ended: true);
        await RecordAsync(system, "r2", pauses: 2, ended: false);

        var views = await RebuiltAsync();

        Assert.Equal(RunPhase.Succeeded, (await views.GetRunAsync("r1"))!.Phase);
        Assert.Equal(ItemState.Succeeded, Assert.Single(await views.ListItemsAsync("r1", 0, 9)).State);
        Assert.Equal(RunPhase.Running, (await views.GetRunAsync("r2"))!.Phase);
        Assert.Empty(await views.ListItemsAsync("r2", 0, 9));
    }

    [SkippableFact]
    public async Task A_removal_that_is_killed_after_any_step_leaves_no_half_run_and_is_finished()
    {
        await RecordAsync(await StartAsync(), "old", pauses: 2400, ended: true);
        for (var steps = 0; ; steps++)
        {
            var killed = false;
            try
            {
                await Create(() => throw new OperationCanceledException()).RemoveAsync("run-old", default);
            }
            catch (OperationCanceledException)
            {
                killed = true;
            }
            Assert.Null(await (await RebuiltAsync()).GetRunAsync("old"));
            if (killed) continue;
            Assert.InRange(steps, 2, 10);
            break;
        }
        Assert.Equal(0, await (await StartWriterAsync("run-old")).Ask<int>("count", Patience));
    }

    [SkippableFact]
    public async Task Between_two_steps_of_a_removal_the_journal_is_written_as_ever()
    {
        var system = await StartAsync();
        await RecordAsync(system, "old", pauses: 1200, ended: true);
        var pauses = 0;

        await Create(() => RecordAsync(system, $"new{++pauses}", pauses: 0, ended: true)).RemoveAsync("run-old", default);
        await Create(() => Task.CompletedTask).RemoveAsync("run-never", default);

        Assert.InRange(pauses, 1, 10);
        var views = await RebuiltAsync();
        Assert.Equal(pauses, (await views.ListRunsAsync(99, null)).Items.Count);
        Assert.Null(await views.GetRunAsync("old"));
    }

    /// <summary>A system of its own, as a new process has it.</summary>
    private protected async Task<TestSystem> StartAsync()
    {
        var journal = Create(() => Task.CompletedTask);
        var system = await TestSystem.StartAsync(akka => akka.AddJournal(journal).AddSerialization());
        _started.Add(system);
        return system;
    }

    private async Task<IActorRef> StartWriterAsync(string id) =>
        (await StartAsync()).System.ActorOf(Props.Create(() => new Writer(id)));

    private async Task<MemoryViews> RebuiltAsync()
    {
        var system = await StartAsync();
        var views = new MemoryViews(new());
        await views.OpenAsync(fresh => new JournalReplay(system.System, RunKinds.Known).ReplayAsync(fresh));
        return views;
    }

    private protected static Task RecordAsync(TestSystem system, string run, int pauses, bool ended) => RunRecorder.RecordAsync(
        system,
        run,
        [
            new RunEvent.RunStarted(run, "backup", "*", Options, [new VmId("h1", "vm1")], T0, null),
            .. RunRecorder.Pauses(pauses, T0),
            new RunEvent.ItemsDispatched([new(0, 1)], T0),
            .. ended
                ?
                [
                    new RunEvent.ItemsSettled([new ItemOutcome(0, 1, ItemState.Succeeded)], T0),
                    new RunEvent.RunFinished(RunPhase.Succeeded, null, T0),
                ]
                : Array.Empty<RunEvent>(),
        ]);

    /// <summary>Persists an event for each "add", and answers how many there are.</summary>
    private sealed class Writer : ReceivePersistentActor
    {
        private int _count;

        public Writer(string id)
        {
            PersistenceId = id;
            Recover<RunEvent>(_ => _count++);
            Command<string>(text => text == "count", _ => Sender.Tell(_count));
            Command<string>(_ => Persist(new RunEvent.RunPaused(T0), _ => Sender.Tell(++_count)));
        }

        public override string PersistenceId { get; }
    }
}
