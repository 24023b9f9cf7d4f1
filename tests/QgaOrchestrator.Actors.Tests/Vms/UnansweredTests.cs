using System.Text;
using System.Text.Json.Nodes;
using Akka.Actor;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>Commands whose success no reply tells: the first of what shows it ends them.</summary>
public sealed class UnansweredTests : OneHost
{
    public UnansweredTests() => Denied = [];

    [Theory]
    [InlineData("powerdown", "SHUTDOWN")]
    [InlineData("reboot", "RESET")]
    public async Task A_shutdown_ends_by_QEMUs_event_or_by_the_ports_closing(string mode, string happened)
    {
        await StartAsync();
        var end = await EndAsync("guest-shutdown", $$"""{"mode":"{{mode}}"}""");
        Assert.Contains(end, new[] { CallCompletion.ByEvent(happened), CallCompletion.Port });
    }

    [Fact]
    public async Task An_event_ends_it_though_the_agent_stays_and_says_nothing()
    {
        var hang = Vm.Agent.On("guest-shutdown", Act.Hang);
        await StartAsync();
        var asked = EndAsync("guest-shutdown");
        await hang.Reached.WaitAsync(Limit);
        Vm.Monitor.Emit("RESET");
        Assert.Equal(CallCompletion.ByEvent("RESET"), await asked);
    }

    [Fact]
    public async Task A_halt_is_told_by_the_agents_end_alone()
    {
        await StartAsync();
        Assert.Equal(CallCompletion.Port, await EndAsync("guest-shutdown", """{"mode":"halt"}"""));
    }

    [Fact]
    public async Task A_command_without_a_visible_effect_ends_at_its_time_out()
    {
        Vm.Agent.On("guest-shutdown", Act.Hang);
        await StartAsync();
        var end = await EndAsync("guest-shutdown", "", new CallOptions(Timeout: TimeSpan.FromMilliseconds(300)));
        Assert.Equal(CallCompletion.Timeout, end);
    }

    [Fact]
    public async Task The_agents_error_is_told()
    {
        await StartAsync();
        var failed = Assert.IsType<CallReply.AgentFailed>(await CallAsync("guest-shutdown", """{"mode":"sleep"}"""));
        Assert.StartsWith("mode is invalid", failed.Description);
    }

    /// <summary>So did a real guest without swap: its kernel lets go of the port before it tries, and takes it again.</summary>
    [Fact]
    public async Task A_guest_that_lets_go_of_its_port_and_then_cannot_sleep_has_not_obeyed()
    {
        var trying = Vm.Agent.On("guest-suspend-disk", Act.Hang, Act.Error("no swap"));
        await StartAsync();
        var asked = CallAsync("guest-suspend-disk", options: new CallOptions(Timeout: Long));
        await trying.Reached.WaitAsync(Limit);
        await PortAsync(open: false);
        await PortAsync(open: true);
        trying.Release();
        Assert.Equal("no swap", Assert.IsType<CallReply.AgentFailed>(await asked).Description);

        // What QEMU says of the port when it is asked after its event.
        async Task PortAsync(bool open)
        {
            var looked = Vm.Monitor.On("query-chardev", Act.Return(new JsonArray(new JsonObject
            {
                ["frontend-open"] = open,
                ["filename"] = $"unix:{Vm.AgentPath},server=on",
                ["label"] = "qga0",
            }))).Once();
            Vm.Monitor.Emit("VSERPORT_CHANGE", new JsonObject { ["open"] = open, ["id"] = "qgaport0" });
            await looked.Reached.WaitAsync(Limit);
        }
    }

    [Fact]
    public async Task A_suspended_guest_says_how_it_is_woken_and_is_there_again_when_it_is()
    {
        await StartAsync();
        Assert.Equal(CallCompletion.ByEvent("SUSPEND"), await EndAsync("guest-suspend-ram"));
        Assert.Contains(
            "qgactl vm wake vm001", SeeVm(vm => vm.RunState == "suspended" && vm.Agent == AgentState.Absent).AgentReason);
        var asleep = Assert.IsType<CallReply.Refused>(await CallAsync("guest-ping"));
        Assert.StartsWith("the guest is suspended: ", asleep.Reason, StringComparison.Ordinal);
        Assert.Equal("Wake it: qgactl vm wake vm001", asleep.Remedy);
        Assert.Equal("\"running\"", Text(await WakeAsync()));
        SeeVm(vm => vm is { Agent: AgentState.Ready, RunState: "running" });
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-ping"));
    }

    [Theory]
    [InlineData("guest-suspend-ram")]
    [InlineData("guest-suspend-hybrid")]
    public async Task A_guest_that_could_not_be_woken_is_not_suspended(string command)
    {
        Vm.CanWake = false;
        await StartAsync();
        var refused = Assert.IsType<CallReply.Refused>(await CallAsync(command));
        Assert.Equal(CallRefusal.CannotWake, refused.Why);
        Assert.DoesNotContain(command, Vm.Agent.Heard);
    }

    [Fact]
    public async Task A_guest_that_runs_is_not_woken()
    {
        await StartAsync();
        var refused = Assert.IsType<CallReply.Refused>(await WakeAsync());
        Assert.Equal((CallRefusal.NotSuspended, "the guest is not suspended: QEMU says running"), (refused.Why, refused.Reason));
    }

    private async Task<CallCompletion?> EndAsync(string command, string arguments = "", CallOptions? options = null)
    {
        var reply = Assert.IsType<CallReply.Returned>(
            await CallAsync(command, arguments, options ?? new CallOptions(Timeout: Long)));
        Assert.Equal("{}", Encoding.UTF8.GetString(reply.Json.Span));
        return reply.Completed;
    }

    private Task<CallReply> WakeAsync() => Vms.Ask<CallReply>(new WakeVm(Id), Limit);

    private static string Text(CallReply reply) => Encoding.UTF8.GetString(Assert.IsType<CallReply.Returned>(reply).Json.Span);
}
