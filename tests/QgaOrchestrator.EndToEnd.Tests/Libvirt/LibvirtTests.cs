using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.EndToEnd.Tests.Simulated;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.EndToEnd.Tests.Libvirt;

/// <summary>A domain of a real libvirtd, and what becomes of its frozen guest when node, watchdog or daemon end.</summary>
[Collection(nameof(LibvirtNode))]
public sealed class LibvirtTests(LibvirtNode host)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private NodeProcess Node => host.Node;

    private LibvirtVm Vm => host.Vm;

    [SkippableFact]
    public async Task A_domain_is_listed_answers_commands_and_runs_and_is_frozen_and_thawed()
    {
        await host.ReadyAsync();
        var shown = await Node.AskAsync("vm", "show", Vm.Name);
        Assert.Equal(Vm.Name, (string?)shown["labels"]!["libvirt.name"]);
        Assert.Equal("qga-demo", (string?)(await Node.AskAsync("vm", "call", Vm.Name, "guest-get-osinfo"))["id"]);
        var refused = await Node.CtlAsync("vm", "call", Vm.Name, "guest-file-close", """{"handle":77}""");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("handle '77' has not been found", refused.Error, StringComparison.Ordinal);
        var run = await Node.CtlAsync("run", "command", "guest-ping", "--select", "*", "--yes");
        Assert.True(run.ExitCode == 0, run.Output + run.Error);

        await FreezeAsync();
        await Tool.MustAsync(Programs.Ctl, "--config", Node.Config, "thaw", Vm.Name);
        Assert.False(Vm.IsFrozen());
        await Vm.Synced.WritesAfterAsync(Vm.Synced.Latest, Guests.Limit);
    }

    [SkippableFact]
    public async Task A_process_says_more_than_passes_through_libvirt_at_once_and_all_is_kept()
    {
        await host.ReadyAsync();
        const int size = 3_500_000; // 4.7 MB as base64
        using var client = Node.Client();
        var run = (await client.StartRunAsync(new RunRequest(ExecKind.Name, "*", new JsonObject
        {
            ["path"] = "/bin/sh",
            ["args"] = new JsonArray("-c", $"head -c {size} /dev/zero | tr '\\0' x; echo oh >&2; exit 3"),
        }))).Id;
        Assert.Equal(RunStates.Failed, (await Node.WaitForRunAsync(run)).State);
        var item = Assert.Single(await SimulatedLab.ListAsync(client.ListRunItemsAsync(run)));
        Assert.Contains("oh", item.Reason, StringComparison.Ordinal);
        var shown = await Node.CtlAsync("run", "results", run, "--vm", Vm.Name);
        Assert.True(shown.Output.Count(one => one == 'x') == size, item.Reason);
        var left = await Node.CtlAsync("vm", "exec", Vm.Name, "--", "/bin/sh", "-c", "ls -d /tmp/qga-exec.*");
        Assert.NotEqual(0, left.ExitCode);
    }

    [SkippableFact]
    public async Task An_agent_that_libvirt_has_given_up_is_told_with_the_remedy_which_helps()
    {
        await host.ReadyAsync();
        // The sync that libvirt does not expect from anybody else.
        await host.Libvirt.TryVirshAsync(
            "qemu-agent-command", Vm.Name, """{"execute":"guest-sync-delimited","arguments":{"id":1}}""", "--timeout", "1");
        var check = await Node.CtlAsync("backup", "check");
        var said = check.Output.ReplaceLineEndings(" ");
        Assert.True(check.ExitCode != 0, said);
        Assert.Contains("libvirt has given up this domain's agent after an error", said, StringComparison.Ordinal);
        Assert.Contains("Restart libvirt's daemon (guests keep running)", said, StringComparison.Ordinal);
        await host.Libvirt.RestartDaemonAsync();
        await host.ReadyAsync();
        Assert.Equal("{}", (await Node.AskAsync("vm", "call", Vm.Name, "guest-ping")).ToJsonString());
    }

    [SkippableFact]
    public async Task With_libvirtd_killed_a_frozen_guest_is_thawed_in_a_second_and_served_again_later()
    {
        await host.ReadyAsync();
        await FreezeAsync();
        await host.Libvirt.KillDaemonAsync();
        await AssertThawedAsync(Second);
        await host.Libvirt.StartDaemonAsync();
        await Node.WaitForVmsAsync(1);
        Assert.Equal("{}", (await Node.AskAsync("vm", "call", Vm.Name, "guest-ping")).ToJsonString());
    }

    [SkippableFact]
    public async Task With_libvirtd_hanging_a_frozen_guest_is_thawed_within_a_second_of_its_end()
    {
        await host.ReadyAsync();
        await FreezeAsync();
        HostProcess.Signal(host.Libvirt.DaemonPid, HostProcess.SigStop);
        await Poll.UntilAsync("stop", Second, () => HostProcess.IsStopped(host.Libvirt.DaemonPid));
        var thaw = Node.CtlAsync("thaw", Vm.Name);
        // Whose channel a stopped daemon holds, nobody reaches: the node says so, and goes on.
        await Poll.UntilAsync("alarm", Guests.Limit, () => File.ReadAllText(Path.Combine(Node.Folder, "qgad.log"))
            .Contains("the guest may still be frozen and does not reply to its thaw", StringComparison.Ordinal));
        Assert.True(Vm.IsFrozen());
        await host.Libvirt.KillDaemonAsync();
        await AssertThawedAsync(Second);
        await thaw;
        await host.Libvirt.StartDaemonAsync();
    }

    [SkippableFact]
    public async Task With_the_node_killed_the_watchdog_thaws_through_libvirt_in_a_second()
    {
        await host.ReadyAsync();
        await FreezeAsync();
        Node.Signal(HostProcess.SigKill);
        await AssertThawedAsync(Second);
        await Node.WaitForEndAsync();
        await Node.StartAgainAsync();
    }

    [SkippableFact]
    public async Task With_node_and_libvirtd_killed_the_watchdog_thaws_over_the_channel_in_a_second()
    {
        await host.ReadyAsync();
        await FreezeAsync();
        HostProcess.Signal(host.Libvirt.DaemonPid, HostProcess.SigKill);
        Node.Signal(HostProcess.SigKill);
        await AssertThawedAsync(Second);
        await Node.WaitForEndAsync();
        await host.Libvirt.StartDaemonAsync();
        await Node.StartAgainAsync();
    }

    /// <summary>The daemon executes a freeze that waited for the domain's agent, though its sender has been killed.</summary>
    [SkippableFact]
    public async Task A_freeze_that_comes_after_its_nodes_end_is_thawed_in_a_second()
    {
        await host.ReadyAsync();
        await FreezeAsync();
        var ledger = FreezeLedger.At(Node.Ledger);
        var entry = ledger.Read(Vm.Name)!;
        await Tool.MustAsync(Programs.Ctl, "--config", Node.Config, "thaw", Vm.Name);
        Node.Signal(HostProcess.SigKill);
        await Node.WaitForEndAsync();

        ledger.Write(entry with { Phase = LedgerPhase.Opening, Facts = new() });
        await Poll.UntilAsync("look", Guests.Limit, () => File.ReadAllText(WatchdogLauncher.LogOf(ledger))
            .Contains("may reach it up to 40 s late", StringComparison.Ordinal));
        var hooks = Vm.Synced.Hooks.Count;
        await host.Libvirt.VirshAsync("domfsfreeze", Vm.Name);
        await Poll.UntilAsync("thaw", Second, () => Vm.Synced.Hooks.Count > hooks && !Vm.IsFrozen());
        Assert.Equal(LedgerPhase.Opening, ledger.Read(Vm.Name)!.Phase);

        ledger.Remove(Vm.Name, entry.Window);
        await Node.StartAgainAsync();
    }

    private async Task FreezeAsync()
    {
        Assert.Equal(2, (int)await Node.AskAsync("vm", "call", Vm.Name, "guest-fsfreeze-freeze"));
        Assert.True(Vm.IsFrozen());
    }

    private async Task AssertThawedAsync(TimeSpan limit)
    {
        await Poll.UntilAsync("thaw", limit, () => !Vm.IsFrozen(), () => File.ReadAllText(Path.Combine(Node.Folder, "qgad.log")));
        await Vm.Synced.WritesAfterAsync(Vm.Synced.Latest, Guests.Limit);
    }
}

internal static class LibvirtGuests
{
    /// <summary>Between the freeze hook's call and the thaw hook's: frozen, or about to be.</summary>
    public static bool IsFrozen(this LibvirtVm vm) => vm.Synced.Hooks is [.., { What: "freeze" }];
}
