using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>A caller who hangs up: what waits is withdrawn, what is in flight goes on, a frozen guest keeps its lease.</summary>
public class HangUpTests : OneHost
{
    [Fact]
    public async Task What_waits_for_a_caller_who_hangs_up_is_never_sent()
    {
        await StartAsync();
        var hang = Vm.Agent.On("guest-get-users", Act.Hang).Once();
        var before = CallAsync("guest-get-users");
        await hang.Reached.WaitAsync(Limit);
        Leave(Ask("guest-get-timezone"));
        var behind = CallAsync("guest-get-time");

        hang.Release();

        Assert.IsType<CallReply.Returned>(await behind);
        Assert.IsType<CallReply.Returned>(await before);
        Assert.DoesNotContain("guest-get-timezone", Vm.Agent.Heard);
    }

    [Fact]
    public async Task A_place_in_a_full_queue_is_free_when_its_caller_hangs_up()
    {
        await StartAsync();
        var hang = Vm.Agent.On("guest-get-users", Act.Hang).Once();
        _ = CallAsync("guest-get-users");
        await hang.Reached.WaitAsync(Limit);
        var calls = Enumerable.Range(0, Core.Vms.Channel.QueueLimit).Select(_ => Ask("guest-get-time")).ToList();
        Assert.Equal(CallRefusal.QueueFull, Assert.IsType<CallReply.Refused>(await CallAsync("guest-ping")).Why);

        Leave(calls[7]);
        var last = CallAsync("guest-ping");
        hang.Release();

        Assert.IsType<CallReply.Returned>(await last);
    }

    [Fact]
    public async Task A_command_in_flight_continues_after_a_hang_up_and_its_reply_is_discarded()
    {
        var hang = Vm.Agent.On("guest-get-time", Act.Hang).Once();
        await StartAsync();
        var call = Ask("guest-get-time");
        await hang.Reached.WaitAsync(Limit);
        Leave(call);
        hang.Release();
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-ping"));
        Assert.False(HasMessages); // on the link that it was sent on, and no answer to who has left
        Assert.Single(Simulated.Journal.All, fact => fact.Kind == "connect" && fact.Detail == "agent");
    }

    [Fact]
    public async Task A_raw_freeze_whose_caller_hangs_up_keeps_its_lease_is_thawed_by_it_and_audited()
    {
        var hang = Vm.Agent.On("guest-fsfreeze-freeze", Act.Hang).Once();
        await StartAsync();
        var call = Ask("guest-fsfreeze-freeze", new CallOptions(Lease: TimeSpan.FromMilliseconds(300)));
        await hang.Reached.WaitAsync(Limit);
        Leave(call);
        hang.Release();
        await Vm.Guest.WhenThawed().WaitAsync(Limit);
        Assert.Null(await EntryAsync(entry => entry is null));
        Assert.Single(Vm.Guest.Freezes);
        lock (Audited) Assert.Equal(("node", "thaw"), Audited.Select(line => (line.Who, line.What)).Single());
    }

    [Fact]
    public async Task A_raw_freeze_that_waits_for_the_channel_is_withdrawn()
    {
        var hang = Vm.Agent.On("guest-get-time", Act.Hang).Once();
        await StartAsync();
        var before = CallAsync("guest-get-time");
        await hang.Reached.WaitAsync(Limit);
        var call = Ask("guest-fsfreeze-freeze");
        // Whether the agent offers it is asked first, in the queue.
        Leave(call);
        hang.Release();
        await before;
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-ping"));
        Assert.DoesNotContain("guest-fsfreeze-freeze", Vm.Agent.Heard);
        Assert.Null(Entry);
    }

    [Fact]
    public async Task A_raw_freeze_whose_last_look_is_under_way_is_not_sent_when_its_caller_hangs_up()
    {
        await StartAsync();
        var look = Vm.Agent.On("guest-fsfreeze-status", Act.Hang).Once();
        var call = Ask("guest-fsfreeze-freeze");
        await look.Reached.WaitAsync(Limit);
        Leave(call);
        Assert.Null(await EntryAsync(entry => entry is null));
        look.Release();
        Assert.DoesNotContain("guest-fsfreeze-freeze", Vm.Agent.Heard);
        Assert.Empty(Vm.Guest.Freezes);
    }

    [Fact]
    public async Task A_thaw_goes_out_though_its_caller_hangs_up()
    {
        Vm.Guest.FreezeBySomebodyElse();
        await StartAsync();
        var hang = Vm.Agent.On("guest-ping", Act.Hang).Once();
        var ping = CallAsync("guest-ping");
        await hang.Reached.WaitAsync(Limit);
        Leave(Ask("guest-fsfreeze-thaw", new CallOptions(Force: true)));
        hang.Release();
        await Vm.Guest.WhenThawed().WaitAsync(Limit);
        await ping;
    }

    private Guid Ask(string command, CallOptions? options = null)
    {
        var call = Guid.NewGuid();
        Vms.Tell(new CallAgent(Id, command, default, options ?? new()) { Call = call }, TestActor);
        return call;
    }

    private void Leave(Guid call) => Vms.Tell(new HangUp(Id, call), TestActor);
}
