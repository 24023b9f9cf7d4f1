using CsCheck;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Tests.Runs;

/// <summary>Whatever order the answers come in, and however often our own process dies in between.</summary>
public class RunPropertyTests
{
    private static readonly Gen<CountOrPercent> Amounts = Gen.Select(
        Gen.Int[0, 12], Gen.Bool, (n, percent) => new CountOrPercent(percent ? n * 8 : n, percent));

    private static readonly Gen<(int Vms, int Hosts, RunOptions Options, int Seed)> Runs = Gen.Select(
        Gen.Int[1, 40],
        Gen.Int[1, 5],
        Gen.Select(Gen.Int[1, 12], Gen.Int[1, 5].Nullable(), Amounts, Amounts),
        Gen.Int,
        (vms, hosts, o, seed) =>
            (
                vms,
                hosts,
                Script.Options with
                {
                    MaxParallel = o.Item1,
                    MaxParallelPerHost = o.Item2,
                    MaxFailures = o.Item3,
                    MaxUnreachable = o.Item4,
                },
                seed
            )
    );

    private static readonly ItemState[] Ends =
    [
        ItemState.Succeeded,
        ItemState.Succeeded,
        ItemState.Failed,
        ItemState.Unreachable,
        ItemState.Unknown,
        ItemState.Interrupted,
    ];

    [Fact]
    public void Every_run_ends_and_keeps_its_limits_on_the_way() => Runs.Sample(x =>
    {
        var random = new Random(x.Seed);
        var run = new Script(x.Vms, x.Options, x.Hosts);
        for (var step = 0; !run.State.IsEnded; step++)
        {
            Assert.True(step < x.Vms * RunRules.MaxAttempts + 2, "the run does not end");
            var over = RunRules.IsOverBudget(run.State);
            var before = run.State.Counts;
            foreach (var e in run.Do(new RunCommand.Dispatch(AwayHosts.None)))
                Assert.False(over && e is RunEvent.ItemsDispatched, $"dispatched over budget: {before}");
            KeepsLimits(run.State);

            var underWay = RunRules.UnderWay(run.State).ToArray();
            if (underWay.Length == 0) continue;
            random.Shuffle(underWay);
            var ended = underWay.Take(random.Next(1, underWay.Length + 1))
                .Select(item => Script.Outcome(item.Index, item.Attempt, Ends[random.Next(Ends.Length)])).ToArray();
            run.Do(new RunCommand.Settle(ended));
            Assert.Empty(run.Do(new RunCommand.Settle(ended)));
        }
        KeepsLimits(run.State);
        Assert.Equal((0, 0), (run.State.Counts.Running, run.State.Counts.Pending));
    });

    [Fact]
    public void The_state_is_the_fold_of_the_journal_through_its_stored_form() => Runs.Sample(x =>
    {
        var random = new Random(x.Seed);
        var run = new Script(x.Vms, x.Options, x.Hosts);
        while (!run.State.IsEnded && run.Journal.Count < 60)
        {
            run.Dispatch();
            foreach (var item in RunRules.UnderWay(run.State).ToArray())
                if (random.Next(2) == 0) run.Settle((item.Index, item.Attempt, Ends[random.Next(Ends.Length)]));
        }
        var recovered = run.Journal.Select(Stored.Again).Aggregate((RunState?)null, RunRules.Evolve)!;
        Assert.Equal(run.State.Items, recovered.Items);
        Assert.Equal(run.State.Waves, recovered.Waves);
        Assert.Equal(
            run.State with
            {
                Items = NoItems,
                Groups = NoGroups,
                RunningBy = Empty,
                Waves = [],
                Lanes = RunLanes.None,
                Options = x.Options,
            },
            recovered with
            {
                Items = NoItems,
                Groups = NoGroups,
                RunningBy = Empty,
                Waves = [],
                Lanes = RunLanes.None,
                Options = x.Options,
            }
        );
        Assert.Equal(run.State.Options, recovered.Options);
        Assert.Equal(
            RunRules.Due(run.State, default, AwayHosts.None).Dispatch,
            RunRules.Due(recovered, default, AwayHosts.None).Dispatch);
    });

    private static readonly Dictionary<string, int> Empty = [];

    private static readonly RunItems NoItems = RunItems.Of([]);

    private static readonly Dictionary<string, IReadOnlyList<int>> NoGroups = [];

    private static void KeepsLimits(RunState state)
    {
        var items = state.Items.GroupBy(item => item.State).ToDictionary(g => g.Key, g => g.Count());
        int Count(ItemState s) => items.GetValueOrDefault(s);
        Assert.Equal(
            new RunCounts(state.Items.Count, Count(ItemState.Pending), Count(ItemState.Running), Count(ItemState.Succeeded),
                Count(ItemState.Failed), Count(ItemState.Unreachable), Count(ItemState.Unknown), Count(ItemState.Cancelled)),
            state.Counts);
        Assert.True(state.Counts.Running <= state.Options.MaxParallel);
        var fullest = RunRules.UnderWay(state).GroupBy(item => item.Vm.Host).Select(g => g.Count()).DefaultIfEmpty().Max();
        Assert.True(fullest <= (state.Options.MaxParallelPerHost ?? int.MaxValue));
    }
}
