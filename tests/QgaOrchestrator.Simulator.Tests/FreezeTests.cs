using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator.Tests;

/// <summary>fsfreeze as a real agent does it: counts, the six commands, hooks, what outlives the agent.</summary>
public sealed class FreezeTests : Fleet
{
    [Fact]
    public async Task Frozen_only_six_commands_are_enabled()
    {
        using var host = await Peer.Connect(Vm.AgentPath);
        Assert.Equal("""{"return": 2}""", await host.Ask("""{"execute": "guest-fsfreeze-freeze"}"""));

        Assert.Equal(
            """{"error": {"class": "CommandNotFound", "desc": "Command guest-fsfreeze-freeze has been disabled: """
                + """the agent is in frozen state"}}""",
            await host.Ask("""{"execute": "guest-fsfreeze-freeze"}"""));
        var info = JsonNode.Parse(await host.Ask("""{"execute": "guest-info"}"""))!["return"]!["supported_commands"]!.AsArray();
        Assert.Equal(6, info.Count(command => command!["enabled"]!.GetValue<bool>()));
        Assert.Equal("""{"return": 2}""", await host.Ask("""{"execute": "guest-fsfreeze-thaw"}"""));
        Assert.Equal("""{"return": 0}""", await host.Ask("""{"execute": "guest-fsfreeze-thaw"}"""));
        Assert.NotNull(Assert.Single(Vm.Guest.Freezes).ThawedAt);
    }

    [Fact]
    public async Task A_freeze_of_nothing_returns_0_runs_the_hook_and_leaves_the_guest_thawed()
    {
        Vm.Guest.HasHook = true;
        using var host = await Peer.Connect(Vm.AgentPath);
        Assert.Equal("""{"return": 0}""",
            await host.Ask("""{"execute": "guest-fsfreeze-freeze-list", "arguments": {"mountpoints": ["/nope"]}}"""));
        Assert.Equal("""{"return": "thawed"}""", await host.Ask("""{"execute": "guest-fsfreeze-status"}"""));
        Assert.Equal(["freeze"], Vm.Guest.HookCalls);
    }

    [Fact]
    public async Task A_failing_hook_freezes_nothing_and_thaws_all_the_same()
    {
        Vm.Guest.HasHook = true;
        Vm.Guest.HookStatus["freeze"] = 3;
        using var host = await Peer.Connect(Vm.AgentPath);
        Assert.Contains(
            "fsfreeze hook has failed with status 3",
            await host.Ask("""{"execute": "guest-fsfreeze-freeze"}"""),
            StringComparison.Ordinal
        );
        Assert.False(Vm.Guest.IsFrozen);

        Vm.Guest.HookStatus["freeze"] = 0;
        Vm.Guest.HookStatus["thaw"] = 1;
        await host.Ask("""{"execute": "guest-fsfreeze-freeze"}""");
        Assert.Contains("status 1", await host.Ask("""{"execute": "guest-fsfreeze-thaw"}"""), StringComparison.Ordinal);
        Assert.False(Vm.Guest.IsFrozen);
    }

    [Fact]
    public async Task A_killed_agent_comes_back_frozen_and_a_reset_thaws()
    {
        using var host = await Peer.Connect(Vm.AgentPath);
        await host.Ask("""{"execute": "guest-fsfreeze-freeze"}""");
        Vm.Agent.Stop();
        Vm.Agent.Start();
        Assert.Equal("""{"return": "frozen"}""", await host.Ask("""{"execute": "guest-fsfreeze-status"}"""));
        Vm.Reset();
        Assert.Equal("""{"return": "thawed"}""", await host.Ask("""{"execute": "guest-fsfreeze-status"}"""));
    }
}
