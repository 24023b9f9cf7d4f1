namespace QgaOrchestrator.Simulator.Tests;

/// <summary>QMP as QEMU 7.2.22 speaks it.</summary>
public sealed class MonitorTests : Fleet
{
    [Fact]
    public async Task Greeting_then_capabilities_then_commands()
    {
        using var qmp = await Peer.Connect(Vm.MonitorPath);
        Assert.Equal(
            "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, \"package\": "
            + "\"Debian 1:7.2+dfsg-7+deb12u18+b3\"}, \"capabilities\": [\"oob\"]}}\r\n",
            await qmp.Line());
        Assert.Equal(
            """{"error": {"class": "CommandNotFound", "desc": "Expecting capabilities negotiation with 'qmp_capabilities'"}}""",
            await qmp.Ask("""{"execute": "query-status"}"""));
        Assert.Equal("""{"return": {}}""", await qmp.Ask("""{"execute": "qmp_capabilities"}"""));
        Assert.Equal(
            """{"return": {"status": "running", "singlestep": false, "running": true}, "id": [1]}""",
            await qmp.Ask("""{"execute": "query-status", "id": [1]}"""));
        Assert.Equal(
            """{"id": {"a": 1}, "error": {"class": "GenericError", "desc": "QMP input member 'zz' is unexpected"}}""",
            await qmp.Ask("""{"execute": "query-status", "id": {"a": 1}, "zz": 1}"""));
    }

    [Fact]
    public async Task A_stray_word_and_a_stray_brace_are_two_errors()
    {
        using var qmp = await Peer.ConnectMonitor(Vm);
        Assert.Contains("invalid keyword 'foo'", await qmp.Ask("foo}"), StringComparison.Ordinal);
        Assert.Contains("JSON parse error, expecting value", await qmp.Line(), StringComparison.Ordinal);
        Assert.Equal("vm001", (await qmp.Call("query-name"))["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_second_client_gets_no_greeting_until_the_first_has_left()
    {
        var first = await Peer.ConnectMonitor(Vm);
        using var second = await Peer.Connect(Vm.MonitorPath);
        await first.Call("query-status");
        Assert.True(second.IsSilent);
        first.Dispose();
        Assert.StartsWith("{\"QMP\"", await second.Line(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agent_s_coming_and_going_is_seen_here()
    {
        using var qmp = await Peer.ConnectMonitor(Vm);
        Vm.Agent.Stop();
        Assert.Contains(
            "\"event\": \"VSERPORT_CHANGE\", \"data\": {\"open\": false, \"id\": \"qgaport0\"}}\r\n",
            await qmp.Line(),
            StringComparison.Ordinal
        );
        Assert.False((await qmp.Call("query-chardev"))[1]!["frontend-open"]!.GetValue<bool>());
        Vm.Agent.Start();
        Assert.Contains("\"open\": true", await qmp.Line(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_is_told_apart_by_serial_and_by_PCI_address()
    {
        using var qmp = await Peer.ConnectMonitor(Vm);
        var disk = (await qmp.Call("query-block"))[1]!;
        Assert.Equal("/machine/peripheral/vd1/virtio-backend", disk["qdev"]!.GetValue<string>());
        Assert.Equal("disk1", disk["inserted"]!["node-name"]!.GetValue<string>());
        Assert.Equal("data-1", (await qmp.Call("qom-get",
            """{"path": "/machine/peripheral/vd1/virtio-backend", "property": "serial"}""")).GetValue<string>());
        var pci = (await qmp.Call("query-pci"))[0]!["devices"]!.AsArray().Single(
            device => device!["qdev_id"]!.GetValue<string>() == "vd1")!;
        using var host = await Peer.Connect(Vm.AgentPath);
        Assert.Contains(
            $"\"slot\": {pci["slot"]}",
            await host.Ask("""{"execute": "guest-get-fsinfo"}"""),
            StringComparison.Ordinal
        );
    }
}
