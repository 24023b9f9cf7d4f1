using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Watchdog.Tests;

/// <summary>The node's connection has ended: what its ledger names is thawed, and nothing else.</summary>
public sealed class DeadNodeTests
{
    [Fact]
    public async Task Fifty_frozen_guests_of_a_killed_node_are_thawed()
    {
        await using var host = new Host(50);
        await using var watchdog = await host.WatchAsync();
        await using var node = await host.NodeAsync([.. host.Fleet.Vms.Select(vm => vm.Name)]);
        foreach (var vm in host.Fleet.Vms)
            host.Freeze(vm);
        node.Signal("KILL");
        foreach (var vm in host.Fleet.Vms)
        {
            var entry = await host.ThawedAsync(vm);
            Assert.Equal("watchdog", entry.Facts.ThawedBy);
            Assert.Equal(entry.Facts.Frozen, entry.Facts.Thawed);
            Assert.NotNull(entry.Facts.ThawedAt);
            Assert.False(vm.Guest.IsFrozen);
        }
    }

    [Fact]
    public async Task A_freeze_that_the_ledger_does_not_name_is_not_ours_to_thaw()
    {
        await using var host = new Host(2);
        await using var watchdog = await host.WatchAsync();
        var (ours, foreign) = (host.Fleet.Vms[0], host.Fleet.Vms[1]);
        using (await host.ConnectAsync())
        {
            foreign.Guest.FreezeBySomebodyElse();
            host.Freeze(ours);
        }
        await host.ThawedAsync(ours);
        Assert.True(foreign.Guest.IsFrozen);
        Assert.Empty(foreign.Agent.Heard);
    }

    [Fact]
    public async Task An_entry_that_is_thawed_already_is_left_alone()
    {
        await using var host = new Host(2);
        await using var watchdog = await host.WatchAsync();
        var done = host.Fleet.Vms[0];
        using (await host.ConnectAsync())
        {
            host.Ledger.Write(host.Freeze(done) with { Phase = LedgerPhase.Thawed });
            host.Freeze(host.Fleet.Vms[1]);
        }
        await host.ThawedAsync(host.Fleet.Vms[1]);
        Assert.Empty(done.Agent.Heard);
    }

    [Fact]
    public async Task A_thaw_waits_for_a_lock_that_another_program_holds()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        using (var held = AgentLock.TryAcquire(host.Ledger, host.Vm.Name))
        {
            using (await host.ConnectAsync())
                host.Freeze(host.Vm);
            await watchdog.SaysAsync("holds its agent's lock");
            Assert.Empty(host.Vm.Agent.Heard);
        }
        await host.ThawedAsync(host.Vm);
        Assert.False(host.Vm.Guest.IsFrozen);
    }

    [Fact]
    public async Task Who_holds_the_lock_and_thaws_is_not_repeated()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        using var held = AgentLock.TryAcquire(host.Ledger, host.Vm.Name);
        using (await host.ConnectAsync())
            host.Freeze(host.Vm);
        await watchdog.SaysAsync("holds its agent's lock");
        host.Ledger.Update(host.Vm.Name, "w-" + host.Vm.Name, entry => entry with { Phase = LedgerPhase.Thawed });
        await watchdog.SaysAsync("was thawed by another");
        Assert.Empty(host.Vm.Agent.Heard);
    }

    [Fact]
    public async Task Rounds_go_on_until_the_agent_answers()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        await host.Vm.Agent.CloseSocket();
        using (await host.ConnectAsync())
            host.Freeze(host.Vm);
        await watchdog.SaysAsync("no socket");
        host.Vm.Agent.OpenSocket();
        await host.ThawedAsync(host.Vm);
    }

    [Fact]
    public async Task A_hook_that_fails_on_thaw_is_noted_and_the_guest_is_settled()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        host.Vm.Agent.On("guest-fsfreeze-thaw", Act.Execute, Act.Error("hook has failed"));
        using (await host.ConnectAsync())
            host.Freeze(host.Vm);
        var entry = await host.ThawedAsync(host.Vm);
        Assert.Contains("hook has failed", entry.Facts.ThawError, StringComparison.Ordinal);
        Assert.Null(entry.Facts.Thawed);
    }

    [Fact]
    public async Task A_damaged_file_is_alarmed_and_stops_no_thaw()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        using (await host.ConnectAsync())
        {
            await File.WriteAllTextAsync(host.Ledger.PathOf("broken"), "{");
            host.Freeze(host.Vm);
        }
        await watchdog.SaysAsync("ALARM");
        await host.ThawedAsync(host.Vm);
    }

    [Fact]
    public async Task A_guest_whose_qemu_is_gone_is_given_up()
    {
        await using var host = new Host(2);
        await using var watchdog = await host.WatchAsync();
        using (await host.ConnectAsync())
        {
            host.Freeze(host.Vm, new(Environment.ProcessId, 1, 0));
            host.Freeze(host.Fleet.Vms[1]);
        }
        await host.ThawedAsync(host.Fleet.Vms[1]);
        Assert.Empty(host.Vm.Agent.Heard);
        watchdog.Signal("TERM");
        Assert.Equal(0, await watchdog.EndsAsync());
    }
}
