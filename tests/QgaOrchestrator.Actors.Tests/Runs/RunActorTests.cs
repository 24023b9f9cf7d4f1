using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Runs;

/// <summary>A run's actor on a journal in memory; its hosts are the test's own.</summary>
public sealed class RunActorTests : TestKit
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TestProbe _vms;
    private readonly TestProbe _asker;
    private readonly List<RunView> _kept = [];
    private readonly List<AuditEntry> _audited = [];
    private Func<IReadOnlyList<AuditEntry>, Task> _audit;
    private TestProbe _region;
    private IActorRef _run;

    public RunActorTests() : base("""
        akka {
          stdout-loglevel = OFF
          loglevel = WARNING
          test.single-expect-default = 60s
          persistence.journal.plugin = gated
        }
        gated {
          class = "QgaOrchestrator.Actors.Tests.Runs.GatedJournal, QgaOrchestrator.Actors.Tests"
          plugin-dispatcher = "akka.actor.default-dispatcher"
        }
        """)
    {
        GatedJournal.BeforeWrite = _ => Task.CompletedTask;
        _audit = lines =>
        {
            _audited.AddRange(lines);
            return Task.CompletedTask;
        };
        (_vms, _asker, _region) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _run = Begin();
    }

    [Fact]
    public async Task Nothing_is_sent_before_its_dispatch_is_journalled()
    {
        var (reached, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        GatedJournal.BeforeWrite = events =>
        {
            if (!events.OfType<RunEvent.ItemsDispatched>().Any()) return Task.CompletedTask;
            reached.SetResult();
            return gate.Task;
        };
        Order(1);
        await reached.Task.WaitAsync(Limit);
        Assert.False(_vms.HasMessages);
        gate.SetResult();
        Assert.False(_vms.ExpectMsg<StartItem>().Resume);
    }

    [Fact]
    public void The_outcome_of_a_run_that_is_gone_may_be_forgotten_and_the_run_stays_gone()
    {
        var vm = new VmId("h1", "vm1");
        _run.Tell(new ItemEnded("r1", new ItemOutcome(3, 2, ItemState.Succeeded)) { Vm = vm });
        Assert.Equal(new ItemJournalled(vm, "r1", 3, 2), _vms.ExpectMsg<ItemJournalled>());
        _region.ExpectMsg<Passivate>();
        Assert.Empty(_kept);
    }

    [Fact]
    public void A_dispatch_that_cannot_be_journalled_is_not_sent()
    {
        GatedJournal.BeforeWrite = events => events.OfType<RunEvent.ItemsDispatched>().Any()
            ? Task.FromException(new IOException("disk full"))
            : Task.CompletedTask;
        _asker.Watch(_run);
        Order(1);
        _asker.FishForMessage<Terminated>(_ => true, Limit);
        Assert.False(_vms.HasMessages);
    }

    [Fact]
    public void After_a_crash_open_items_are_ordered_again_and_asked_for_their_progress()
    {
        Start(2, maxParallel: 1);
        var sent = _vms.ExpectMsg<StartItem>();
        Crash();
        Assert.Equal(sent with { Resume = true }, _vms.ExpectMsg<StartItem>());
    }

    [Fact]
    public void An_outcome_is_acknowledged_when_it_is_journalled_and_again_when_it_is_repeated()
    {
        Start(2, maxParallel: 1);
        var first = _vms.ExpectMsg<StartItem>();
        End(first, ItemState.Succeeded);
        Assert.Equal(0, _vms.ExpectMsg<ItemJournalled>().Item);
        Assert.Equal(1, _vms.ExpectMsg<StartItem>().Item);
        End(first, ItemState.Failed);
        Assert.Equal(0, _vms.ExpectMsg<ItemJournalled>().Item);
        Assert.Equal((1, 0), View() is var view ? (view.Summary.Counts.Succeeded, view.Summary.Counts.Failed) : default);
    }

    [Fact]
    public void An_item_that_our_own_end_interrupted_is_tried_again()
    {
        Start(1);
        End(_vms.ExpectMsg<StartItem>(), ItemState.Interrupted);
        _vms.ExpectMsg<ItemJournalled>();
        Assert.Equal((2, false), _vms.ExpectMsg<StartItem>() is var again ? (again.Attempt, again.Resume) : default);
    }

    [Fact]
    public void A_run_beyond_its_budget_dispatches_nothing_more_and_fails()
    {
        Start(3, maxParallel: 1, maxFailures: CountOrPercent.None);
        End(_vms.ExpectMsg<StartItem>(), ItemState.Failed);
        _vms.ExpectMsg<ItemJournalled>();
        _region.ExpectMsg<Passivate>();
        Assert.False(_vms.HasMessages);
        Assert.Equal((RunPhase.Failed, 2), (_kept[^1].Summary.Phase, _kept[^1].Summary.Counts.Cancelled));
    }

    [Fact]
    public void A_run_that_has_ended_leaves_its_row_tells_who_watches_and_stops_for_good()
    {
        Start(1);
        _run.Tell(new WatchRun("r1"), _asker);
        Assert.Equal(RunPhase.Running, _asker.ExpectMsg<RunView>().Summary.Phase);
        End(_vms.ExpectMsg<StartItem>(), ItemState.Succeeded);
        _asker.FishForMessage<RunView>(view => view.Summary.Phase == RunPhase.Succeeded, Limit);
        _region.ExpectMsg<Passivate>();
        Assert.NotNull(_kept[^1].Summary.EndedAt);
    }

    [Fact]
    public void A_run_that_has_ended_is_still_told_after_a_restart()
    {
        Start(1);
        End(_vms.ExpectMsg<StartItem>(), ItemState.Succeeded);
        _region.ExpectMsg<Passivate>();
        Crash();
        Assert.Equal(RunPhase.Succeeded, View().Summary.Phase);
    }

    [Fact]
    public void A_repeated_start_changes_nothing()
    {
        Start(1);
        _vms.ExpectMsg<StartItem>();
        Assert.Single(Start(5).Items);
        Assert.False(_vms.HasMessages);
    }

    [Fact]
    public void A_run_leaves_only_when_the_audit_log_has_all_of_it_and_waits_with_nothing_else()
    {
        var (gate, appends) = (new TaskCompletionSource(), 0);
        _audit = lines =>
        {
            _audited.AddRange(lines);
            return ++appends == 1 ? gate.Task : Task.CompletedTask;
        };
        Start(3, maxParallel: 1);
        for (var i = 0; i < 3; i++)
        {
            End(_vms.ExpectMsg<StartItem>(), ItemState.Succeeded);
            _vms.ExpectMsg<ItemJournalled>();
        }
        Assert.Equal(RunPhase.Succeeded, View().Summary.Phase);
        Assert.False(_region.HasMessages);

        gate.SetResult();

        _region.ExpectMsg<Passivate>();
        Assert.Equal(2, appends);
        Assert.Equal(
            ["started", "0/1/started", "0/1/ended", "1/1/started", "1/1/ended", "2/1/started", "2/1/ended", "ended"],
            _audited.Select(line => line.Key!["r1/".Length..]));
    }

    [Fact]
    public void Audit_entries_that_a_crash_prevented_are_written_by_the_next_process()
    {
        _audit = _ => new TaskCompletionSource().Task;
        Start(1);
        End(_vms.ExpectMsg<StartItem>(), ItemState.Succeeded);
        _vms.ExpectMsg<ItemJournalled>();
        Assert.Equal(RunPhase.Succeeded, View().Summary.Phase);

        _audit = lines =>
        {
            _audited.AddRange(lines);
            return Task.CompletedTask;
        };
        Crash();

        _region.ExpectMsg<Passivate>();
        Assert.Equal(["started", "0/1/started", "0/1/ended", "ended"], _audited.Select(line => line.Key!["r1/".Length..]));
    }

    [Fact]
    public async Task A_success_told_after_its_run_gave_it_up_is_audited_before_its_host_forgets_it()
    {
        Start(1);
        var item = _vms.ExpectMsg<StartItem>();
        End(item, ItemState.Unreachable);
        _vms.ExpectMsg<ItemJournalled>();
        _region.ExpectMsg<Passivate>();
        var (gate, late) = (new TaskCompletionSource(), new TaskCompletionSource());
        _audit = lines =>
        {
            _audited.AddRange(lines);
            if (lines.Any(line => line.Key!.EndsWith("late", StringComparison.Ordinal))) late.SetResult();
            return gate.Task;
        };

        var told = new ItemEnded("r1", new ItemOutcome(item.Item, item.Attempt, ItemState.Succeeded)) { Vm = item.Vm };
        _run.Tell(told);
        await late.Task.WaitAsync(Limit);
        _run.Tell(told); // its host repeats it
        Assert.Equal(ItemState.Unreachable, View().Items[0].State);
        Assert.False(_vms.HasMessages);
        gate.SetResult();
        _vms.ExpectMsg<ItemJournalled>();
        var line = Assert.Single(_audited, line => line.Key!.EndsWith("late", StringComparison.Ordinal));
        Assert.Equal(
            ("r1/0/1/ended late", AuditOutcomes.Done, "told after its run had given the attempt up"),
            (line.Key, line.Outcome, line.Detail));
    }

    [Fact]
    public void A_run_that_nobody_started_is_not_known()
    {
        _run.Tell(new WatchRun("r1"), _asker);
        _asker.ExpectMsg<NoSuchRun>();
    }

    [Fact]
    public void Progress_is_shown_while_its_item_is_under_way()
    {
        Start(1);
        var item = _vms.ExpectMsg<StartItem>();
        _run.Tell(new ItemMoved("r1", new ItemProgress(0, item.Attempt, "copy", null, 5, 10)));
        _run.Tell(new ItemMoved("r1", new ItemProgress(0, item.Attempt + 1, "verify", null, 0, 0)));
        Assert.Equal("copy", Assert.Single(View().Progress).Step);
    }

    private RunView Start(int vms, int maxParallel = 50, CountOrPercent? maxFailures = null)
    {
        Order(vms, maxParallel, maxFailures);
        return _asker.ExpectMsg<RunView>();
    }

    private void Order(int vms, int maxParallel = 50, CountOrPercent? maxFailures = null)
    {
        var targets = Enumerable.Range(1, vms).Select(i => new VmId("h1", $"vm{i:000}")).ToList();
        var options = new BackupOptions("full", null, Consistency.Require, null).In(new RunOptions
        {
            MaxParallel = maxParallel,
            MaxFailures = maxFailures ?? CountOrPercent.All,
            MaxUnreachable = CountOrPercent.All,
        });
        _run.Tell(new StartRun("r1", BackupKind.Name, "*", options, targets), _asker);
    }

    private void End(StartItem item, ItemState state) =>
        _run.Tell(new ItemEnded("r1", new ItemOutcome(item.Item, item.Attempt, state, "told by the test")));

    private RunView View()
    {
        var asker = CreateTestProbe();
        _run.Tell(new WatchRun("r1"), asker);
        return asker.ExpectMsg<RunView>();
    }

    private void Crash()
    {
        _asker.Watch(_run);
        Sys.Stop(_run);
        _asker.FishForMessage<Terminated>(_ => true, Limit);
        _region = CreateTestProbe();
        _run = Begin();
    }

    private IActorRef Begin()
    {
        var services = new RunServices
        {
            Time = TimeProvider.System,
            Vms = _vms.Ref,
            Spread = TimeSpan.FromSeconds(5),
            Host = "h1",
            Kind = RunKinds.Known.Find,
            Metrics = new NodeMetrics(),
            Audit = lines => _audit(lines),
            Keep = view =>
            {
                _kept.Add(view);
                return Task.CompletedTask;
            },
        };
        return _region.ChildActorOf(RunActor.Props(services), "r1");
    }
}
