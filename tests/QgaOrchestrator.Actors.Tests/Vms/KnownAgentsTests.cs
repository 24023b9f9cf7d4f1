using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Tests.Vms;

public sealed class KnownAgentsTests
{
    [Fact]
    public void Guests_whose_agents_tell_the_same_share_one_list()
    {
        var known = new KnownAgents();
        var first = known.Share(Agent("7.2.0", "guest-ping"));
        Assert.Same(first, known.Share(Agent("7.2.0", "guest-ping")));
        Assert.NotSame(first, known.Share(Agent("8.2.0", "guest-ping")));
        Assert.Equal("guest-info", known.Share(Agent("7.2.0", "guest-info")).SupportedCommands[0].Name);
    }

    [Fact]
    public void A_guest_that_tells_something_else_each_time_takes_the_list_of_no_other()
    {
        var known = new KnownAgents();
        var usual = known.Share(Agent("7.2.0", "guest-ping"));
        for (var number = 0; number < 500; number++)
        {
            known.Share(Agent($"0.{number}", "guest-odd"));
            Assert.Same(usual, known.Share(Agent("7.2.0", "guest-ping")));
        }
    }

    private static AgentInfo Agent(string version, string command) => new(version, [new AgentCommandInfo(command, true)]);
}
