using CsCheck;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Tests.Runs;

/// <summary>What begins next is found without a look at each item that waits: it is what such a look would find.</summary>
public sealed class RunLanesTests
{
    private static readonly ItemState[] Ends = [ItemState.Succeeded, ItemState.Failed, ItemState.Interrupted];

    [Fact]
    public void What_begins_is_what_a_look_at_every_item_in_order_finds() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var (vms, hosts) = (random.Next(1, 40), random.Next(1, 5));
        var options = Script.Options with
        {
            MaxParallel = random.Next(1, 12),
            MaxParallelPerHost = random.Next(3) == 0 ? null : random.Next(1, 4),
            MaxParallelPerTarget = random.Next(4) == 0 ? random.Next(1, 6) : null,
            MaxParallelPerLabel = random.Next(2) == 0 ? null : new Dictionary<string, int> { ["rack"] = random.Next(1, 4) },
            Canary = random.Next(3) == 0 ? new CountOrPercent(random.Next(1, 5), false) : null,
        };
        // Groups lie side by side, and a VM that must be alone is in none, as a plan has it.
        var (group, left) = (0, 0);
        var notes = Enumerable.Range(0, vms).Select(_ =>
        {
            if (left-- <= 0) (group, left) = (random.Next(3) == 0 ? group + 1 : -Math.Abs(group) - 1, random.Next(0, 4));
            return new TargetNote
            {
                Group = group > 0 ? $"g{group}" : null,
                Freeze = group <= 0 && random.Next(15) == 0 ? FreezeMode.Alone : FreezeMode.Together,
                Labels = random.Next(3) == 0 ? null : new Dictionary<string, string> { ["rack"] = $"r{random.Next(3)}" },
            };
        }).ToArray();
        var run = new Script(vms, options, hosts, i => notes[i]);
        for (var step = 0; !run.State.IsEnded && step < 400; step++)
        {
            var due = RunRules.Due(run.State, run.Now, AwayHosts.None);
            if (due.Finish is null && Waves.Current(run.State, run.Now) is (var wave, null))
                Assert.Equal(Naive(run.State, run.State.Waves[wave].End), due.Dispatch);
            run.Do(new RunCommand.Dispatch(AwayHosts.None));
            var underWay = RunRules.UnderWay(run.State).ToArray();
            random.Shuffle(underWay);
            foreach (var item in underWay.Take(random.Next(1, 4)))
                run.Settle([.. RunRules.Members(run.State, item)
                    .Select(member => (member.Index, member.Attempt, Ends[random.Next(Ends.Length)]))]);
        }
    });

    private static List<ItemAttempt> Naive(RunState state, int end)
    {
        List<ItemAttempt> next = [];
        var running = RunRules.UnderWay(state).ToList();
        if (running.Any(item => item.Note.Freeze == FreezeMode.Alone)) return next;
        foreach (var item in state.Items.Take(end))
        {
            if (item.State != ItemState.Pending || next.Any(begun => begun.Item == item.Index)) continue;
            if (item.Note.Freeze == FreezeMode.Alone)
            {
                if (running.Count > 0) continue;
                return [new(item.Index, item.Attempt + 1)];
            }
            var members = RunRules.Members(state, item);
            if (running.Count > 0 && running.Count + members.Count > state.Options.MaxParallel) break;
            if (!Fits(state, running, members)) continue;
            running.AddRange(members);
            next.AddRange(members.Select(member => new ItemAttempt(member.Index, member.Attempt + 1)));
        }
        return next;
    }

    private static bool Fits(RunState state, List<RunItem> running, IReadOnlyList<RunItem> members)
    {
        var options = state.Options;
        return Fit(item => item.Vm.Host, options.MaxParallelPerHost)
            && Fit(item => item.Vm.Host, options.MaxParallelPerTarget)
            && Fit(item => item.Note.Labels?.GetValueOrDefault("rack"), options.MaxParallelPerLabel?["rack"])
            && Fit(item => item.Note.Freeze == FreezeMode.Alone ? "alone" : null, 1);

        bool Fit(Func<RunItem, string?> key, int? limit) => members.GroupBy(key).Where(wanted => wanted.Key is not null).All(
            wanted => running.Count(item => key(item) == wanted.Key) is var under
                && (under == 0 || under + wanted.Count() <= (limit ?? int.MaxValue)));
    }
}
