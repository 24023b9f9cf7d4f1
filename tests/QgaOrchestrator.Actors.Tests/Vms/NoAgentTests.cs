using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>A VM with a monitor and without an agent's socket.</summary>
public sealed class NoAgentTests : OneHost
{
    private static readonly AgentObstacle Obstacle = new(AgentState.None, "there is no socket", "Give it one");

    private volatile bool _hasSocket;

    private protected override HostScan Scan() =>
        new(
            [
                SpecAt(_hasSocket ? Vm.AgentPath : Vm.AgentPath + ".none") with
                {
                    NoAgent = _hasSocket ? null : Obstacle,
                },
            ],
            [],
            []
        );

    [Fact]
    public async Task Each_command_is_refused_with_the_reason_and_the_remedy()
    {
        Begin();
        var seen = SeeVm(vm => vm is { Agent: AgentState.None, RunState: "running" });
        Assert.Equal(("there is no socket", "Give it one"), (seen.AgentReason, seen.AgentRemedy));
        foreach (
            var command in new[]
            {
                "guest-ping",
                "guest-fsfreeze-freeze",
                "guest-fsfreeze-status",
                "guest-fsfreeze-thaw",
                "guest-new",
            }
        )
        {
            var refused = Assert.IsType<CallReply.Refused>(await CallAsync(command));
            Assert.Equal(
                (CallRefusal.NoAgent, "there is no socket", "Give it one"), (refused.Why, refused.Reason, refused.Remedy));
        }
    }

    [Theory]
    [InlineData(Consistency.Require, ItemState.Failed, null)]
    [InlineData(Consistency.Prefer, ItemState.Succeeded, "crash")]
    [InlineData(Consistency.None, ItemState.Succeeded, "crash")]
    public void A_backup_of_it_fails_or_makes_a_crash_point_through_the_monitor(
        Consistency consistency, ItemState state, string? made)
    {
        Begin();
        SeeVm(vm => vm is { Agent: AgentState.None, RunState: "running" });
        var outcome = Run(Item(consistency));
        Assert.Equal((state, made), (outcome.State, BackupValues.Of(outcome.Values).Point?.Class));
        if (state == ItemState.Failed) Assert.Equal(("there is no socket", "Give it one"), (outcome.Reason, outcome.Remedy));
    }

    [Fact]
    public void A_VM_without_an_agent_is_ready_as_soon_as_it_has_a_socket()
    {
        Begin();
        SeeVm(vm => vm.Agent == AgentState.None);
        _hasSocket = true;
        SeeVm(vm => vm.Agent == AgentState.Ready);
    }
}
