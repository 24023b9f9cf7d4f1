using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Monitor;

/// <summary>The monitor's link against a simulated QEMU: who waits is always told, and nothing is taken for done.</summary>
public sealed class SocketMonitorTests : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    private readonly TemporaryDirectory _directory = new();
    private readonly SimulatedFleet _fleet;
    private readonly SimulatedVm _vm;
    private readonly SocketMonitor _monitor;

    public SocketMonitorTests()
    {
        _fleet = new(_directory.Path, 1);
        _vm = _fleet.Vms[0];
        _monitor = new(_vm.MonitorPath, TimeProvider.System);
    }

    [Fact]
    public async Task Opening_negotiates_and_names_the_process()
    {
        Assert.Equal(new Version(7, 2, 22), Assert.IsType<MonitorOpenOutcome.Ready>(await _monitor.OpenAsync(Long)).Version);
        Assert.True(_monitor.IsOpen);
        Assert.Equal(Environment.ProcessId, _monitor.Process!.Pid);
        Assert.Equal(_monitor.Process.StartTicks, HostProcesses.StartTicks(Environment.ProcessId));
        Assert.IsType<MonitorOpenOutcome.Ready>(await _monitor.OpenAsync(Long));
    }

    [Fact]
    public async Task A_second_client_is_never_greeted()
    {
        await OpenAsync();
        await using var second = new SocketMonitor(_vm.MonitorPath, TimeProvider.System);
        Assert.IsType<MonitorOpenOutcome.NoGreeting>(await second.OpenAsync(Short));
        Assert.False(second.IsOpen);
        _monitor.Close();
        Assert.IsType<MonitorOpenOutcome.Ready>(await second.OpenAsync(Long));
    }

    [Fact]
    public async Task No_socket_is_told_apart_from_a_busy_one()
    {
        await _vm.Monitor.CloseSocket();
        Assert.IsType<MonitorOpenOutcome.NoSocket>(await _monitor.OpenAsync(Long));
    }

    [Fact]
    public async Task Without_a_link_nothing_is_sent() =>
        Assert.IsType<MonitorOutcome.NotSent>(await _monitor.ExecuteAsync("query-status", default, Long));

    [Fact]
    public async Task A_time_out_is_unknown_and_its_late_reply_is_not_the_next_ones()
    {
        await OpenAsync();
        var slow = _vm.Monitor.On("query-uuid", Act.Hang).Once();
        Assert.IsType<MonitorOutcome.Unknown>(await _monitor.ExecuteAsync("query-uuid", default, Short));
        var next = QueryStatus.AskAsync(_monitor, Long);
        slow.Release();
        Assert.Equal(new MachineStatus(true, "running"), await next);
        Assert.True(_monitor.IsOpen);
    }

    [Fact]
    public async Task A_refusal_is_a_reply_and_not_an_exception()
    {
        await OpenAsync();
        var refused = Assert.IsType<MonitorOutcome.Refused>(await _monitor.ExecuteAsync("no-such-command", default, Long));
        Assert.Equal("CommandNotFound", refused.Class);
    }

    [Fact]
    public async Task Eight_commands_may_wait_and_a_ninth_is_not_sent()
    {
        await OpenAsync();
        var hang = _vm.Monitor.On("query-uuid", Act.Hang);
        var waiting = Enumerable.Range(0, 8).Select(_ => QueryUuid.AskAsync(_monitor, Long)).ToList();
        await hang.Reached;
        Assert.IsType<MonitorOutcome.NotSent>(await _monitor.ExecuteAsync("query-status", default, Short));
        hang.Dispose();
        var answers = await Task.WhenAll(waiting);
        Assert.All(answers, uuid => Assert.Equal(_vm.Uuid.ToString("D"), uuid));
    }

    [Fact]
    public async Task When_the_link_drops_everyone_who_waits_is_told()
    {
        await OpenAsync();
        var told = new TaskCompletionSource<string>();
        _monitor.Closed += told.SetResult;
        _vm.Monitor.On("query-uuid", Act.Disconnect);
        var waiting = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => _monitor.ExecuteAsync("query-uuid", default, Long)));
        Assert.All(waiting, outcome => Assert.IsNotType<MonitorOutcome.Returned>(outcome));
        await told.Task;
        Assert.False(_monitor.IsOpen);
        Assert.Null(_monitor.Process);
        _vm.Monitor.Heal();
        await OpenAsync();
        Assert.NotNull(await QueryUuid.AskAsync(_monitor, Long));
    }

    [Fact]
    public async Task Closing_it_ourselves_ends_calls_and_raises_nothing()
    {
        await OpenAsync();
        _monitor.Closed += reason => Assert.Fail(reason);
        var hang = _vm.Monitor.On("query-uuid", Act.Hang);
        var waiting = _monitor.ExecuteAsync("query-uuid", default, Long);
        await hang.Reached;
        _monitor.Close();
        Assert.IsType<MonitorOutcome.Unknown>(await waiting);
        Assert.False(_monitor.IsOpen);
    }

    [Fact]
    public async Task Events_come_in_order()
    {
        await OpenAsync();
        var names = new List<string>();
        var resumed = new TaskCompletionSource();
        _monitor.EventReceived += happened =>
        {
            names.Add(happened.Name);
            if (happened.Name == "RESUME") resumed.SetResult();
        };
        _vm.Pause();
        _vm.Resume();
        await resumed.Task;
        Assert.Equal(["STOP", "RESUME"], names.Where(name => name is "STOP" or "RESUME"));
    }

    [Fact]
    public async Task The_monitor_answers_all_inventory_queries()
    {
        await OpenAsync();
        Assert.Equal(_vm.Uuid.ToString("D"), await QueryUuid.AskAsync(_monitor, Long));
        Assert.Equal(new Version(7, 2, 22), await QueryVersion.AskAsync(_monitor, Long));
        Assert.True(QueryChardev.IsAgentUp(await QueryChardev.AskAsync(_monitor, Long), _vm.AgentPath));
        Assert.Equal("data-0", await QomGet.TextAsync(_monitor, _vm.Disks[0].Qdev, "serial", Long));
        _vm.Uuid = Guid.Empty;
        Assert.Null(await QueryUuid.AskAsync(_monitor, Long));
    }

    [Fact]
    public async Task What_an_old_QEMU_lacks_is_not_known()
    {
        await OpenAsync();
        foreach (var command in new[] { "query-pci", "qom-get", "query-migrate", "query-chardev", "query-jobs" })
            _vm.Monitor.On(command, Act.Error($"The command {command} has not been found", "CommandNotFound"));
        Assert.Null(await QueryPci.AskAsync(_monitor, Long));
        Assert.Null(await QomGet.TextAsync(_monitor, "vd0", "serial", Long));
        Assert.Null(await QueryMigrate.AskAsync(_monitor, Long));
        Assert.Null(QueryChardev.IsAgentUp(await QueryChardev.AskAsync(_monitor, Long), _vm.AgentPath));
        Assert.Null(await QueryJobs.AskAsync(_monitor, Long));
    }

    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync();
        await _fleet.DisposeAsync();
        _directory.Dispose();
    }

    private async Task OpenAsync() => Assert.IsType<MonitorOpenOutcome.Ready>(await _monitor.OpenAsync(Long));
}
