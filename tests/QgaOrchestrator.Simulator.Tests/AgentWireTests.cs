namespace QgaOrchestrator.Simulator.Tests;

/// <summary>The dialogues of a real qemu-ga 7.2.22, byte for byte.</summary>
public sealed class AgentWireTests : Fleet
{
    private const string Stray = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error, stray '\\uFFFD'\"}}\n";

    [Fact]
    public async Task Sync_answers_one_error_for_the_sentinel_and_then_the_sentinel_and_the_id()
    {
        using var host = await Peer.Connect(Vm.AgentPath);
        await host.Send("\u00ff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":9007199254740993}}\n");

        Assert.Equal(Stray, await host.Line());
        Assert.Equal("\u00ff{\"return\": 9007199254740993}\n", await host.Line());
    }

    [Theory]
    [InlineData("""{"execute": "guest-sync", "arguments": {"id": 42}}""", """{"return": 42}""")]
    [InlineData("""{"execute": "guest-ping"}""", """{"return": {}}""")]
    [InlineData("""{"execute": "guest-ping", "id": {"a": 1}}""", """{"return": {}, "id": {"a": 1}}""")]
    [InlineData("""{"execute": "guest-nosuch"}""",
        """{"error": {"class": "CommandNotFound", "desc": "The command guest-nosuch has not been found"}}""")]
    [InlineData("""{"execute": "guest-ping", "arguments": {"x": 1}}""",
        """{"error": {"class": "GenericError", "desc": "Parameter 'x' is unexpected"}}""")]
    [InlineData("""{"execute": "guest-ping", "control": 1}""",
        """{"error": {"class": "GenericError", "desc": "QMP input member 'control' is unexpected"}}""")]
    [InlineData("[]", """{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}""")]
    [InlineData(
        """{"execute": "guest-exec-status", "arguments": {"pid": 999}}""",
        """{"error": {"class": "GenericError", "desc": "Invalid parameter 'pid'"}}"""
    )]
    [InlineData(
        """{"execute": "guest-exec", "arguments": {"path": "/nope"}}""",
        """{"error": {"class": "GenericError", "desc": "Guest agent command failed, error was """
            + """'Failed to execute child process \u201C/nope\u201D (No such file or directory)'"}}"""
    )]
    [InlineData("""{"execute": "guest-get-host-name"}""", """{"return": {"host-name": "vm001"}}""")]
    public async Task A_request_is_written_as_one_line(string request, string reply)
    {
        using var host = await Peer.Connect(Vm.AgentPath);
        Assert.Equal(reply, await host.Ask(request));
    }

    [Fact]
    public async Task A_half_object_of_a_client_that_left_eats_later_requests_until_the_sentinel()
    {
        using (var former = await Peer.Connect(Vm.AgentPath))
        {
            Assert.Equal("""{"return": {}}""", await former.Ask("""{"execute": "guest-ping"}"""));
            await former.Send("{\"execute\":\"guest-ping");
        }
        using var host = await Peer.Connect(Vm.AgentPath);
        await host.Send("\u00ff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}\n");

        Assert.Contains("stray '\\\"guest-ping\\uFFFD'", await host.Line(), StringComparison.Ordinal);
        Assert.Equal("\u00ff{\"return\": 7}\n", await host.Line());
    }

    [Fact]
    public async Task A_second_client_connects_and_is_served_when_the_first_has_left()
    {
        var first = await Peer.Connect(Vm.AgentPath);
        await first.Ask("""{"execute": "guest-ping"}""");
        using var second = await Peer.Connect(Vm.AgentPath);
        await second.Send("""{"execute": "guest-get-host-name"}""");

        await first.Ask("""{"execute": "guest-ping"}""");
        Assert.True(second.IsSilent);
        Assert.DoesNotContain("guest-get-host-name", Vm.Agent.Heard);
        first.Dispose();
        Assert.Equal("{\"return\": {\"host-name\": \"vm001\"}}\n", await second.Line());
    }

    [Fact]
    public async Task The_reply_of_a_client_that_left_goes_to_the_next()
    {
        var freeze = Vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Hang);
        var first = await Peer.Connect(Vm.AgentPath);
        await first.Send("""{"execute": "guest-fsfreeze-freeze"}""");
        await Vms.Journal.Until(fact => fact.Kind == "freeze");
        first.Dispose();
        await Vms.Journal.Until(fact => fact is { Kind: "disconnect", Detail: "agent" });
        freeze.Dispose();

        using var second = await Peer.Connect(Vm.AgentPath);
        await second.Send("""{"execute": "guest-fsfreeze-status"}""");
        Assert.Equal("{\"return\": 2}\n", await second.Line());
        Assert.Equal("{\"return\": \"frozen\"}\n", await second.Line());
    }

    [Fact]
    public async Task A_request_that_a_paused_VM_has_not_taken_is_dropped_when_its_client_leaves()
    {
        Vm.Pause();
        var first = await Peer.Connect(Vm.AgentPath);
        await first.Send("""{"execute": "guest-fsfreeze-freeze"}""");
        await Vms.Journal.Until(fact => fact is { Kind: "connect", Detail: "agent" });
        first.Dispose();
        await Vms.Journal.Until(fact => fact is { Kind: "disconnect", Detail: "agent" });
        Vm.Resume();

        using var second = await Peer.Connect(Vm.AgentPath);
        Assert.Equal("""{"return": "thawed"}""", await second.Ask("""{"execute": "guest-fsfreeze-status"}"""));
        Assert.Equal(0, Vm.Guest.Epoch);
    }

    [Fact]
    public async Task A_request_to_a_paused_VM_is_answered_when_it_runs_again()
    {
        Vm.Pause();
        using var host = await Peer.Connect(Vm.AgentPath);
        await host.Send("""{"execute": "guest-ping"}""");
        await Vms.Journal.Until(fact => fact is { Kind: "connect", Detail: "agent" });
        Vm.Resume();
        Assert.Equal("{\"return\": {}}\n", await host.Line());
    }
}
