using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Actors.Tests.Hosts;

/// <summary>A first order that was held up on its way begins nothing: its run may have been aborted since, or have given the
/// attempt up.</summary>
public sealed class LateOrderTests : OneHost
{
    [Theory]
    [InlineData(false, -1)] // seconds past
    [InlineData(true, 60)] // another process of the host
    public async Task A_late_order_freezes_nobody_and_its_run_hears_that_it_was_not_begun(bool otherEpoch, int age)
    {
        await StartAsync();
        var by = Epoch.Now.After(TimeSpan.FromSeconds(age));
        var outcome = Run(Item() with { BeginBy = otherEpoch ? by with { Epoch = Guid.NewGuid() } : by });
        Assert.Equal(ItemState.Interrupted, outcome.State);
        Assert.DoesNotContain("guest-fsfreeze-freeze", Vm.Agent.Heard);
        NothingIsLeft();
    }

    [Fact]
    public async Task An_order_in_time_is_begun()
    {
        await StartAsync();
        Assert.Equal(ItemState.Succeeded, Run(Item() with { BeginBy = Epoch.Now.After(TimeSpan.FromMinutes(5)) }).State);
    }

    [Fact]
    public void A_moment_is_past_when_its_clock_has_passed_it_or_its_process_has_ended()
    {
        var now = new HostMoment(Guid.NewGuid(), TimeSpan.FromSeconds(10));
        Assert.False(now.IsPast(now));
        Assert.True(now.IsPast(now.After(TimeSpan.FromTicks(1))));
        Assert.True(now.After(TimeSpan.FromDays(1)).IsPast(now with { Epoch = Guid.NewGuid() }));
    }
}
