using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Watchdog.Tests;

/// <summary>A node that is silent is killed while it may hold a frozen guest's socket, and only then.</summary>
public sealed class HungNodeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_that_hangs_with_a_frozen_guest_is_killed_and_the_guest_thawed(bool stopped)
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        await using var node = await host.NodeAsync(host.Vm.Name);
        host.Freeze(host.Vm);
        if (stopped)
            node.Signal("STOP");
        else
            node.Tell("silence");
        await host.ThawedAsync(host.Vm);
        Assert.Contains($"node {node.Pid} was silent", watchdog.Said, StringComparison.Ordinal);
        Assert.Equal(128 + 9, await node.EndsAsync());
    }

    [Fact]
    public async Task A_silent_node_is_killed_only_once_a_guest_is_frozen()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        await using var silent = await host.NodeAsync();
        silent.Tell("silence");
        await silent.SaysAsync("silent");
        await watchdog.SaysAsync($"node {silent.Pid} sends no heartbeat, but no guest is frozen");
        Assert.False(silent.HasEnded);
        host.Freeze(host.Vm);
        await host.ThawedAsync(host.Vm);
        await silent.EndsAsync();
    }

    [Fact]
    public async Task A_node_with_heartbeat_is_not_killed_while_its_guest_is_frozen_and_silent()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        await using var node = await host.NodeAsync(host.Vm.Name);
        host.Vm.Agent.Mute();
        host.Freeze(host.Vm);
        // Another falls silent and is killed for it, which tells that the time has passed.
        await using var silent = await host.NodeAsync();
        silent.Tell("silence");
        await watchdog.SaysAsync($"node {silent.Pid} was silent");
        await silent.EndsAsync();
        Assert.False(node.HasEnded);
        Assert.DoesNotContain($"node {node.Pid} was silent", watchdog.Said, StringComparison.Ordinal);
    }

    /// <summary>After a crash of both a node may not see a VM of the ledger any more: it was renamed, or its directory is
    /// locked.</summary>
    [Fact]
    public async Task A_guest_that_no_living_node_holds_is_thawed_when_long_overdue()
    {
        await using var host = new Host(vms: 3);
        await using var watchdog = await host.WatchAsync();
        var (held, soon, unknown) = (host.Fleet.Vms[0], host.Fleet.Vms[1], host.Fleet.Vms[2]);
        await using var node = await host.NodeAsync(held.Name);
        host.Freeze(held, due: TimeSpan.FromSeconds(-60));
        host.Freeze(soon, due: TimeSpan.FromSeconds(10));
        host.Freeze(unknown, due: TimeSpan.FromSeconds(-60));
        await host.ThawedAsync(unknown);
        Assert.False(unknown.Guest.IsFrozen);
        Assert.True(held.Guest.IsFrozen);
        Assert.True(soon.Guest.IsFrozen);
        Assert.False(node.HasEnded);
    }

    [Fact]
    public async Task A_watchdog_that_was_stopped_itself_gives_the_node_a_fresh_time()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        await using var node = await host.NodeAsync(host.Vm.Name);
        host.Freeze(host.Vm);
        watchdog.Signal("STOP");
        await node.SaysAsync("unguarded");
        watchdog.Signal("CONT");
        await watchdog.SaysAsync("has a fresh 2 s");
        await node.SaysAsync("guarded");
        Assert.False(node.HasEnded);
        Assert.DoesNotContain("killed", watchdog.Said, StringComparison.Ordinal);
    }
}
