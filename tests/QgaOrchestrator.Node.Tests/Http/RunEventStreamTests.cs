using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http;

namespace QgaOrchestrator.Node.Tests.Http;

public sealed class RunEventStreamTests
{
    private static readonly DateTimeOffset T0 = DateTimeOffset.FromUnixTimeMilliseconds(1000);
    private static readonly RunOptions Options = new BackupOptions("full", null, Consistency.Require, null).In(new()
    {
        MaxParallel = 50,
        MaxFailures = CountOrPercent.All,
        MaxUnreachable = CountOrPercent.All,
    });

    private readonly RunState _started = RunRules.Evolve(
        null, new RunEvent.RunStarted("r", "backup", "*", Options, [new("hv1", "a"), new("hv1", "b")], T0, null));

    [Fact]
    public void A_stream_begins_with_the_run_and_every_item_past_pending()
    {
        var events = Sent(new(0, RunKinds.Known, Role.Operator, TimeProvider.System), Dispatched(0));

        Assert.Equal(["run", "item 2000"], events);
    }

    [Fact]
    public void Later_only_what_changed_is_sent_and_the_final_run_comes_last()
    {
        var stream = new RunEventStream(0, RunKinds.Known, Role.Operator, TimeProvider.System);
        var running = Dispatched(0, 1);
        Sent(stream, running);

        var settled = RunRules.Evolve(running, new RunEvent.ItemsSettled([Succeeded(1)], T0.AddSeconds(2)));
        Assert.Equal(["item 3000", "run 3000"], Sent(stream, settled));

        var all = RunRules.Evolve(settled, new RunEvent.ItemsSettled([Succeeded(0)], T0.AddSeconds(3)));
        var ended = RunRules.Evolve(all, new RunEvent.RunFinished(RunPhase.Succeeded, null, T0.AddSeconds(4)));
        Assert.Equal(["item 4000", "run 4000"], Sent(stream, ended));
    }

    [Fact]
    public void Last_event_id_leaves_out_what_was_seen_and_repeats_that_same_moment()
    {
        var settled = RunRules.Evolve(Dispatched(0, 1), new RunEvent.ItemsSettled([Succeeded(1)], T0.AddSeconds(2)));

        Assert.Equal(["run", "item 3000"], Sent(new(3000, RunKinds.Known, Role.Operator, TimeProvider.System), settled));
    }

    private RunState Dispatched(params int[] items) => RunRules.Evolve(
        _started, new RunEvent.ItemsDispatched([.. items.Select(i => new ItemAttempt(i, 1))], T0.AddSeconds(1)));

    private static ItemOutcome Succeeded(int item) => new(item, 1, ItemState.Succeeded);

    private static string[] Sent(RunEventStream stream, RunState state) =>
        [.. stream.Next(FakeOrchestrator.View(state)).Select(e => e.EventId is { } id ? $"{e.EventType} {id}" : e.EventType)];
}
