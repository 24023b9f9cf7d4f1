using System.Diagnostics;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Watchdog.Tests;

/// <summary>How a watchdog begins and ends, and whom it lets in.</summary>
public sealed class LifeTests
{
    [Fact]
    public async Task A_second_watchdog_names_the_first_and_exits_with_2()
    {
        await using var host = new Host();
        await using var first = await host.WatchAsync();
        await using var second = new ChildProcess("qga-watchdog", $"--Freeze:Ledger={host.Ledger.Directory}");
        Assert.Equal(2, await second.EndsAsync());
        Assert.Contains($"process {first.Pid} ", second.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--ledger=x")]
    [InlineData("hello")]
    [InlineData("--config")]
    [InlineData("--config=/no/such/file")]
    public async Task Arguments_that_cannot_be_meant_end_with_2(string argument)
    {
        await using var watchdog = new ChildProcess("qga-watchdog", argument);
        Assert.Equal(2, await watchdog.EndsAsync());
    }

    [Fact]
    public async Task The_watchdog_finds_its_ledger_in_the_nodes_config()
    {
        await using var host = new Host();
        var config = Path.Combine(Path.GetDirectoryName(host.Ledger.Directory)!, "node.json");
        await File.WriteAllTextAsync(config, """{ "Freeze": { "Ledger": "led" } }""");
        await using var watchdog = new ChildProcess("qga-watchdog", "--config", config);
        await watchdog.SaysAsync($"watching {host.Ledger.Directory}");
    }

    [Fact]
    public async Task A_node_with_another_ledger_is_refused_and_told_both()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        var link = host.Ledger.Directory + "2";
        File.CreateSymbolicLink(link, host.Ledger.Directory);
        var refused = await Assert.ThrowsAsync<WatchdogException>(
            () => WatchdogClient.ConnectAsync(FreezeLedger.At(link), TimeProvider.System, CancellationToken.None));
        Assert.Contains(link, refused.Message, StringComparison.Ordinal);
        Assert.Contains(host.Ledger.Directory + ",", refused.Message + ",", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guest_that_node_and_watchdog_left_frozen_is_thawed_at_the_watchdogs_start()
    {
        await using var host = new Host();
        host.Freeze(host.Vm);
        await using var watchdog = await host.WatchAsync();
        await host.ThawedAsync(host.Vm);
    }

    [Fact]
    public async Task A_watchdog_that_must_stop_thaws_first_and_has_its_node_stop_freezing()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        using var node = await host.ConnectAsync();
        node.Beat();
        Assert.True(node.IsGuarding);
        host.Vm.Agent.Stop();
        host.Freeze(host.Vm);
        watchdog.Signal("TERM");
        await watchdog.SaysAsync($"told to stop; {host.Vm.Name} first");
        node.Dispose();
        await watchdog.SaysAsync("not thawed");
        Assert.False(watchdog.HasEnded);
        host.Vm.Agent.Start();
        await host.ThawedAsync(host.Vm);
        Assert.Equal(0, await watchdog.EndsAsync());
    }

    [Fact]
    public async Task Its_end_is_seen_by_the_node()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        using var node = await host.ConnectAsync();
        Assert.True(node.IsGuarding);
        watchdog.Signal("KILL");
        await node.Closed.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(node.IsGuarding);
        node.Beat();
    }

    [Fact]
    public async Task A_node_that_finds_none_starts_one_that_leaves_its_session_and_thaws_after_it()
    {
        await using var host = new Host();
        await using var node = await host.NodeAsync(host.Vm.Name);
        var pid = WatchdogInstance.Holder(host.Ledger)!.Value;
        try
        {
            var session = (await File.ReadAllTextAsync($"/proc/{pid}/stat")).Split(") ")[1].Split(' ')[3];
            Assert.Equal($"{pid}", session);
            host.Freeze(host.Vm);
            node.Signal("KILL");
            await host.ThawedAsync(host.Vm);
            await host.SeenAsync(() =>
                File.ReadAllText(WatchdogLauncher.LogOf(host.Ledger)) is var log
                && log.Contains("thawed", StringComparison.Ordinal)
                    ? log
                    : null
            );
        }
        finally
        {
            using var watchdog = Process.GetProcessById(pid);
            watchdog.Kill();
            await watchdog.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task The_watchdog_loads_only_itself_and_the_QEMU_library()
    {
        await using var host = new Host();
        await using var watchdog = await host.WatchAsync();
        using (await host.ConnectAsync())
            host.Freeze(host.Vm);
        await host.ThawedAsync(host.Vm);
        var loaded = (await File.ReadAllLinesAsync($"/proc/{watchdog.Pid}/maps"))
            .Select(line => Path.GetFileName(line.Split(' ')[^1]))
            .Where(
                file => file.EndsWith(".dll", StringComparison.Ordinal) && !file.StartsWith("System.", StringComparison.Ordinal))
            .Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.All(loaded, file => Assert.Contains(file, (string[])
            ["qga-watchdog.dll", "QgaOrchestrator.Qemu.dll", "Microsoft.Win32.Primitives.dll", "netstandard.dll"]));
        Assert.Contains("qga-watchdog.dll", loaded);
    }
}
