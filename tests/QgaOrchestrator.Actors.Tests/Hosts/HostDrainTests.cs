using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Command;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Hosts;

/// <summary>A host that is being emptied begins no item, and answers its callers as ever.</summary>
public sealed class HostDrainTests : OneHost
{
    [Fact]
    public async Task An_item_under_way_ends_and_the_next_one_goes_back_to_its_run()
    {
        await StartAsync();
        using var hang = Vm.Agent.On("guest-get-host-name", Act.Hang).Once();
        Order(Call("r1"));
        await hang.Reached.WaitAsync(Limit);
        Drain.Set(true);
        Order(Call("r2"));
        Assert.Equal((DrainState.Draining, 1), (Drain.State, Drain.Items));

        var back = Outcome(Call("r2"));
        Assert.Equal((ItemState.Interrupted, "its host is draining"), (back.State, back.Reason));
        Assert.Equal(DrainState.Draining, Drain.State);
        hang.Release();
        Assert.Equal(ItemState.Succeeded, Outcome(Call("r1")).State);
        await AwaitAssertAsync(() => Assert.Equal(DrainState.Drained, Drain.State), Limit);
    }

    [Fact]
    public async Task Nothing_is_under_way_when_the_host_says_that_it_is_drained()
    {
        await StartAsync();
        Drain.Set(true);
        Order(Call("r1"));
        Assert.Equal(ItemState.Interrupted, Outcome(Call("r1")).State);
        // The item leaves behind its outcome.
        await AwaitAssertAsync(() => Assert.Equal(DrainState.Drained, Drain.State), Limit);

        Drain.Set(false);
        Assert.Equal(ItemState.Succeeded, Run(Call("r2")).State);
        Assert.Equal(DrainState.None, Drain.State);
    }

    [Fact]
    public async Task Calls_go_on_and_a_callers_freeze_is_refused()
    {
        await StartAsync();
        Drain.Set(true);
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-ping"));
        var refused = Assert.IsType<CallReply.AgentFailed>(await CallAsync("guest-fsfreeze-freeze"));
        Assert.Contains("host h1 is draining: no guest is frozen there", refused.Description, StringComparison.Ordinal);
        Assert.False(Vm.Guest.IsFrozen);
    }

    [Fact]
    public async Task A_callers_freeze_counts_until_it_is_thawed_and_the_thaw_is_not_refused()
    {
        await StartAsync();
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-fsfreeze-freeze"));
        Drain.Set(true);
        Assert.Equal(DrainState.Draining, Drain.State);
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-fsfreeze-thaw"));
        // The host is told beside the answer.
        await AwaitAssertAsync(() => Assert.Equal(DrainState.Drained, Drain.State), Limit);
    }

    [Fact]
    public void A_file_keeps_it_across_restarts_and_one_not_writable_changes_nothing()
    {
        using var directory = new TempDirectory();
        var file = directory.File(HostDrain.FileName);
        new HostDrain(file).Set(true);
        var next = new HostDrain(file);
        Assert.True(next.IsOn);
        next.Set(false);
        Assert.False(new HostDrain(file).IsOn);

        var nowhere = new HostDrain(Path.Combine(directory.Path, "gone", HostDrain.FileName));
        Assert.ThrowsAny<IOException>(() => nowhere.Set(true));
        Assert.False(nowhere.IsOn);
    }

    private StartItem Call(string run) => Item(run: run) with
    {
        Kind = CommandKind.Name,
        Options = new CommandOptions("guest-get-host-name").In(new RunOptions
        {
            MaxParallel = 50,
            MaxFailures = CountOrPercent.All,
            MaxUnreachable = CountOrPercent.All,
        }),
    };
}
