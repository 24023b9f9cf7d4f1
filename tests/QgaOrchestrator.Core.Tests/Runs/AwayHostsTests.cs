using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Tests.Runs;

/// <summary>A run of VMs on two hosts, vm0 and vm2 on hv0, vm1 and vm3 on hv1, of which one may be away.</summary>
public sealed class AwayHostsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private LiveRun _live = LiveRun.Empty;
    private DateTimeOffset _now = Script.Start;

    [Fact]
    public void Nothing_begins_on_a_host_that_is_away_until_it_is_back()
    {
        Assert.Equal("", Step(new RunInput.HostsAway(["hv1"])));
        Assert.Equal("0/1 2/1", Begin(4));
        Assert.Equal("1/1 3/1", Step(new RunInput.HostsAway([])));
    }

    [Fact]
    public void What_waits_too_long_for_a_host_ends_unreachable_and_is_never_sent()
    {
        Step(new RunInput.HostsAway(["hv1"]));
        Begin(4);
        _now += Patience;
        Assert.Equal("", Step(new RunInput.Look()));
        Assert.Equal("Running Unreachable Running Unreachable", States());
        Assert.Contains("hv1 was not reachable for 00:10:00", _live.Run!.Items[1].Outcome!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_waits_for_ever_waits()
    {
        Step(new RunInput.HostsAway(["hv1"]));
        Begin(4, patience: null);
        _now += TimeSpan.FromDays(300);
        Step(new RunInput.Look());
        Assert.Equal("Running Pending Running Pending", States());
    }

    [Theory]
    [InlineData(ItemState.Unreachable)]
    [InlineData(ItemState.Unknown)]
    public void What_is_under_way_on_a_host_that_stays_away_ends_as_its_kind_says(ItemState lostAs)
    {
        Begin(2, lostAs: lostAs);
        Assert.Equal("", Step(new RunInput.HostsAway(["hv1"])));
        _now += Patience - TimeSpan.FromSeconds(1);
        Step(new RunInput.Look());
        Assert.Equal("Running Running", States());
        _now += TimeSpan.FromSeconds(1);
        Step(new RunInput.Look());
        Assert.Equal($"Running {lostAs}", States());
    }

    [Fact]
    public void What_is_under_way_on_a_host_that_comes_back_is_asked_for()
    {
        Begin(2);
        Step(new RunInput.HostsAway(["hv1"]));
        Assert.Equal("0/1 again 1/1 again", Step(new RunInput.HostsAway([])));
    }

    [Fact]
    public void A_late_outcome_of_a_given_up_item_is_acknowledged_and_changes_nothing()
    {
        Begin(2);
        Step(new RunInput.HostsAway(["hv1"]));
        _now += Patience;
        Step(new RunInput.Look());
        (_live, var effects) = LiveRunRules.Step(_live, new RunInput.ItemEnded(Script.Outcome(1, 1, ItemState.Succeeded)), _now);
        Assert.IsType<RunEffect.Acknowledge>(Assert.Single(effects));
        Assert.Equal("Running Unreachable", States());
    }

    [Fact]
    public void A_group_with_a_member_on_a_host_that_is_away_waits_and_is_given_up_whole()
    {
        Step(new RunInput.HostsAway(["hv1"]));
        Assert.Equal("", Begin(2, group: "shop"));
        _now += Patience;
        Step(new RunInput.Look());
        Assert.Equal("Unreachable Unreachable", States());
    }

    [Fact]
    public void The_run_looks_again_when_the_next_host_has_been_waited_for_long_enough()
    {
        Step(new RunInput.HostsAway(["hv1"]));
        Begin(4);
        Assert.Equal(Script.Start + Patience, RunRules.Again(_live.Run!, _now, _live.Away));
        _now += Patience;
        Assert.Null(RunRules.Again(_live.Run!, _now, _live.Away));
    }

    [Fact]
    public void What_waits_for_a_draining_host_waits_for_ever_and_is_not_failed()
    {
        Step(new RunInput.HostsAway([]) { Draining = ["hv1"] });
        Assert.Equal("0/1 2/1", Begin(4));
        Assert.Equal("2 VMs wait: host hv1 is draining", RunDispatch.WhyWaits(_live.Run!, _live.Away));
        _now += TimeSpan.FromDays(300);
        Assert.Equal("", Step(new RunInput.Look()));
        Assert.Equal("Running Pending Running Pending", States());
        Assert.Equal("1/1 3/1", Step(new RunInput.HostsAway([])));
        Assert.Null(RunDispatch.WhyWaits(_live.Run!, _live.Away));
    }

    [Fact]
    public void What_is_under_way_on_a_draining_host_is_neither_lost_nor_asked_for_again()
    {
        Begin(2);
        Assert.Equal("", Step(new RunInput.HostsAway([]) { Draining = ["hv1"] }));
        _now += Patience;
        Step(new RunInput.Look());
        Assert.Equal("Running Running", States());
        Assert.Equal("", Step(new RunInput.HostsAway([])));
    }

    [Fact]
    public void A_group_waits_for_a_draining_host_whole()
    {
        Step(new RunInput.HostsAway([]) { Draining = ["hv1"] });
        Assert.Equal("", Begin(2, group: "shop"));
        Assert.Equal("2 VMs wait: host hv1 is draining", RunDispatch.WhyWaits(_live.Run!, _live.Away));
        Assert.Equal("Pending Pending", States());
    }

    [Fact]
    public void An_item_that_a_draining_host_hands_back_waits_for_it_and_begins_anew()
    {
        Begin(2);
        Step(new RunInput.HostsAway([]) { Draining = ["hv1"] });
        Step(new RunInput.ItemEnded(ItemOutcome.Interrupted(1, 1, "its host is draining")));
        Assert.Equal("", Step(new RunInput.BatchDue()));
        Assert.Equal("Running Pending", States());
        Assert.Equal("1/2", Step(new RunInput.HostsAway([])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_VM_that_has_gone_from_a_host_that_is_away_or_draining_begins_where_it_is(bool away)
    {
        var host = away ? new RunInput.HostsAway(["hv1"]) : new RunInput.HostsAway([]) { Draining = ["hv1"] };
        Step(host);
        Begin(4);
        Assert.Equal("Running Pending Running Pending", States());
        var gone = _live.Run!.Items[1].Vm;
        Assert.Equal("1/1", Step(host with { Elsewhere = [gone] }));

        var place = new VmId("hv2", gone.Name);
        Step(new RunInput.ItemEnded(ItemOutcome.Interrupted(1, 1, "the VM has moved to hv2") with { MovedTo = place }));
        Assert.Equal("1/2", Step(new RunInput.BatchDue()));
        Assert.Equal(place, _live.Run!.Items[1].Vm);
        Assert.Equal("Running Running Running Pending", States());
    }

    [Fact]
    public void A_draining_host_that_is_away_too_is_waited_for_only_so_long()
    {
        Step(new RunInput.HostsAway(["hv1"]) { Draining = ["hv1"] });
        Begin(2);
        Assert.Equal("1 VM waits: the node of host hv1 is not reachable", RunDispatch.WhyWaits(_live.Run!, _live.Away));
        _now += Patience;
        Step(new RunInput.Look());
        Assert.Equal("Running Unreachable", States());
    }

    private string Begin(int vms) => Begin(vms, Patience);

    private string Begin(int vms, TimeSpan? patience, string? group = null, ItemState lostAs = ItemState.Unreachable)
    {
        var started = new Script(
            vms,
            Script.Options with { UnreachableAfter = patience },
            hosts: 2,
            note: group is null ? null : _ => new TargetNote(group))
            .Journal.OfType<RunEvent.RunStarted>().Single();
        return Step(new RunInput.Ordered(new RunCommand.Start(started with { LostAs = lostAs })));
    }

    private string Begin(int vms, string group) => Begin(vms, Patience, group);

    private string Begin(int vms, ItemState lostAs) => Begin(vms, Patience, lostAs: lostAs);

    /// <summary>Each write succeeds at once.</summary>
    /// <returns>The orders that are sent.</returns>
    private string Step(RunInput input)
    {
        var orders = new List<string>();
        var inputs = new Queue<RunInput>([input]);
        while (inputs.TryDequeue(out var next))
        {
            (_live, var effects) = LiveRunRules.Step(_live, next, _now);
            foreach (var effect in effects)
                switch (effect)
                {
                    case RunEffect.Begin e:
                        orders.Add($"{e.Item.Index}/{e.Item.Attempt}{(e.Resume ? " again" : "")}");
                        break;
                    case RunEffect.Store e:
                        _live = e.Events.Aggregate(_live, LiveRunRules.Apply);
                        inputs.Enqueue(new RunInput.Stored(e));
                        break;
                }
        }
        return string.Join(' ', orders);
    }

    private string States() => string.Join(' ', _live.Run!.Items.Select(item => item.State));
}
