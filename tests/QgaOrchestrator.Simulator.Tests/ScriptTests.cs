namespace QgaOrchestrator.Simulator.Tests;

/// <summary>Faults read like the dialogue, and end when disposed.</summary>
public sealed class ScriptTests : Fleet
{
    private const string Ping = """{"execute": "guest-ping"}""";

    [Fact]
    public async Task A_hanging_command_blocks_every_connection_until_it_is_released()
    {
        var hang = Vm.Agent.On("guest-get-time", Act.Hang).Once();
        var first = await Peer.Connect(Vm.AgentPath);
        await first.Send("""{"execute": "guest-get-time"}""");
        await hang.Reached;
        first.Dispose();
        using var second = await Peer.Connect(Vm.AgentPath);
        await second.Send(Ping);
        Assert.True(second.IsSilent);

        hang.Release();
        Assert.StartsWith("{\"return\": 1", await second.Line(), StringComparison.Ordinal);
        Assert.Equal("{\"return\": {}}\n", await second.Line());
    }

    [Fact]
    public async Task A_deaf_connection_is_dead_and_the_next_is_served()
    {
        Vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Deafen).Once();
        var first = await Peer.Connect(Vm.AgentPath);
        await first.Send("""{"execute": "guest-fsfreeze-freeze"}{"execute": "guest-fsfreeze-thaw"}""");
        await Vms.Journal.Until(fact => fact.Kind == "freeze");
        first.Dispose();
        using var second = await Peer.Connect(Vm.AgentPath);
        Assert.Equal("""{"return": "frozen"}""", await second.Ask("""{"execute": "guest-fsfreeze-status"}"""));
    }

    [Fact]
    public async Task Rules_compose_the_newest_first_and_end_with_the_truth()
    {
        Vm.Agent.On("*", Act.Raw("{\"return\": \"stale\"}\n"));
        var count = Vm.Agent.On("guest-fsfreeze-thaw", Act.Execute, Act.Return(1));
        using var host = await Peer.Connect(Vm.AgentPath);
        Assert.Equal("""{"return": "stale"}""", await host.Ask("""{"execute": "guest-fsfreeze-freeze"}"""));
        Assert.Equal("{\"return\": 2}\n", await host.Line());
        Vm.Agent.Heal();
        count = Vm.Agent.On("guest-fsfreeze-thaw", Act.Execute, Act.Return(1));
        Assert.Equal("""{"return": 1}""", await host.Ask("""{"execute": "guest-fsfreeze-thaw"}"""));
        Assert.False(Vm.Guest.IsFrozen);
        Assert.Equal(1, count.Hits);
    }

    [Fact]
    public async Task Half_a_line_and_then_silence()
    {
        var half = Vm.Agent.On("guest-get-host-name", Act.Half, Act.Hang);
        using var host = await Peer.Connect(Vm.AgentPath);
        await host.Send("""{"execute": "guest-get-host-name"}""");
        await half.Reached;
        half.Dispose();
        Assert.Equal("""{"return": {"host{"return": {}}""", (await host.Ask(Ping)).TrimEnd());
    }

    [Fact]
    public async Task Disconnect_before_or_after_the_work()
    {
        Vm.Agent.On("guest-fsfreeze-freeze", Act.Disconnect).Once();
        using (var host = await Peer.Connect(Vm.AgentPath))
        {
            await host.Send("""{"execute": "guest-fsfreeze-freeze"}""");
            await Assert.ThrowsAnyAsync<Exception>(host.Line);
        }
        Assert.Equal(0, Vm.Guest.Epoch);

        Vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Disconnect).Once();
        using (var host = await Peer.Connect(Vm.AgentPath))
        {
            await host.Send("""{"execute": "guest-fsfreeze-freeze"}""");
            await Assert.ThrowsAnyAsync<Exception>(host.Line);
        }
        Assert.True(Vm.Guest.IsFrozen);
    }
}
