using QgaOrchestrator.Core.Hosts;

namespace QgaOrchestrator.Core.Tests.Hosts;

/// <summary>What a host that is being emptied begins, and when it is empty.</summary>
public sealed class DrainRulesTests
{
    [Theory]
    [InlineData(false, 0, 0, DrainState.None)]
    [InlineData(false, 3, 1, DrainState.None)]
    [InlineData(true, 1, 0, DrainState.Draining)]
    [InlineData(true, 0, 1, DrainState.Draining)]
    [InlineData(true, 0, 0, DrainState.Drained)]
    public void A_host_is_drained_when_no_item_and_no_window_is_left(bool drains, int items, int windows, DrainState state) =>
        Assert.Equal(state, DrainRules.StateOf(drains, items, windows));

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    public void What_an_earlier_process_may_have_begun_goes_on_and_nothing_else(bool drains, bool resume, bool may) =>
        Assert.Equal(may, DrainRules.MayBegin(drains, resume));

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    public void Only_windows_of_items_under_way_open(bool drains, bool ofItem, bool may) =>
        Assert.Equal(may, DrainRules.MayOpen(drains, ofItem));

    [Fact]
    public void A_window_that_is_held_does_not_open_and_a_stopping_node_says_that_first()
    {
        var guard = GuardState.Start with { Watchdog = WatchdogSight.Guarding };
        Assert.Equal(OpenAnswer.Yes, GuardRules.MayOpen(guard, "w", null));
        Assert.Equal(OpenAnswer.Draining, GuardRules.MayOpen(guard, "w", null, held: true));
        Assert.Equal(OpenAnswer.Stopping, GuardRules.MayOpen(guard with { Stopping = "it stops" }, "w", null, held: true));
    }

    [Fact]
    public void A_window_counts_until_its_guest_is_thawed()
    {
        var guard = GuardState.Start with
        {
            Windows = GuardState.Start.Windows
                .Add("found", new GuardedWindow("vm1")).Add("held", new GuardedWindow("vm2") { Held = true })
                .Add("thawed", new GuardedWindow("vm3") { Thawed = true }),
        };
        Assert.Equal(2, GuardRules.Open(guard));
    }
}
