using System.Text.Json;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;
using QgaOrchestrator.Qemu.Tests.Wire;

namespace QgaOrchestrator.Qemu.Tests.Monitor;

/// <summary>A monitor that sends more than its replies, over a real socket.</summary>
public sealed class NoisyMonitorTests
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(20);

    private const string Greeting =
        """{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 22}}, "capabilities": []}}""" + "\r\n";

    [Theory]
    [InlineData("{\"event\": \"RTC_CHANGE\", \"data\": {\"offset\": 1}}\r\n", "events")]
    [InlineData("{\"return\": {}, \"id\": 99999999}\r\n", "unsolicited messages")]
    [InlineData("{\"return\": {}, \"id\": 9e999}\r\n", "unsolicited messages")]
    [InlineData("\r\n", "unsolicited messages")]
    [InlineData("\u00ff\u00ff\u00ff\u00ff", "unsolicited messages")]
    [InlineData("xxxxxxxx", "longer than")]
    [InlineData("noise\r\n", "does not speak QMP")]
    [InlineData("{\"event\": 5}\r\n", "does not speak QMP")]
    [InlineData("{\"QMP\": {}}\r\n", "unsolicited messages")]
    public async Task A_monitor_that_floods_loses_its_link_and_the_reason_is_told(string flood, string reason)
    {
        await using var peer = Answering(async (peer, command) =>
        {
            if (command == "query-status") await peer.FloodAsync(string.Concat(Enumerable.Repeat(flood, 1000)));
            return "{}";
        });
        await using var monitor = new SocketMonitor(peer.Socket, TimeProvider.System);
        var closed = new TaskCompletionSource<string>();
        monitor.Closed += closed.SetResult;
        Assert.IsType<MonitorOpenOutcome.Ready>(await monitor.OpenAsync(_soon));
        Assert.IsType<MonitorOutcome.Unknown>(await monitor.ExecuteAsync("query-status", default, _soon));
        Assert.Contains(reason, await closed.Task.WaitAsync(_soon));
    }

    [Fact]
    public async Task A_monitor_that_sends_bytes_and_no_greeting_is_rejected()
    {
        await using var peer = new RawPeer(async (peer, _) => await peer.FloodAsync("xxxxxxxx"));
        await using var monitor = new SocketMonitor(peer.Socket, TimeProvider.System);
        Assert.IsType<MonitorOpenOutcome.NoGreeting>(await monitor.OpenAsync(_soon));
    }

    [Fact]
    public async Task A_query_may_be_answered_by_MiBs_and_any_other_command_by_KiBs()
    {
        var large = $"[{{\"device\": \"{new string('d', 5 << 20)}\"}}]";
        await using var peer = Answering((_, command) => Task.FromResult(command == "qmp_capabilities" ? "{}" : large));
        await using var monitor = new SocketMonitor(peer.Socket, TimeProvider.System);
        await monitor.OpenAsync(_soon);
        Assert.Equal(5 << 20, Assert.Single((await QueryBlock.AskAsync(monitor, _soon))!).Device!.Length);
        Assert.IsType<MonitorOutcome.Unknown>(await monitor.ExecuteAsync("blockdev-add", default, _soon));
        Assert.False(monitor.IsOpen);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(1000)]
    public async Task An_answer_that_is_nested_deeply_is_one_answer_and_no_end_of_the_link(int depth)
    {
        var deep = new string('[', depth) + new string(']', depth);
        await using var peer = Answering((_, command) => Task.FromResult(command == "qmp_capabilities" ? "{}" : deep));
        await using var monitor = new SocketMonitor(peer.Socket, TimeProvider.System);
        await monitor.OpenAsync(_soon);
        Assert.Null(await QueryStatus.AskAsync(monitor, _soon));
        Assert.True(monitor.IsOpen);
    }

    /// <summary>Greets, and answers each command by what the test returns for it.</summary>
    private static RawPeer Answering(Func<RawPeer, string, Task<string>> answer) => new(async (peer, _) =>
    {
        await peer.SayAsync(Greeting);
        while (await peer.HearAsync() is { } line)
        {
            using var request = JsonDocument.Parse(line);
            var value = await answer(peer, request.RootElement.GetProperty("execute").GetString()!);
            var id = request.RootElement.GetProperty("id").GetInt64();
            await peer.SayAsync($$"""{"return": {{value}}, "id": {{id}}}""" + "\r\n");
        }
    });
}
