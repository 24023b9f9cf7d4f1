using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>The watchdog as a process of its own, with a real guest; the test is the node that dies.</summary>
[Collection(nameof(Alone))]
public sealed class WatchdogTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [SkippableFact]
    public async Task A_frozen_guest_is_thawed_within_a_second_of_its_nodes_end()
    {
        await using var lab = await RealVmLab.OpenAsync();
        var vm = await lab.StartAsync("frozen");
        var ledger = FreezeLedger.Open(Path.Combine(lab.Folder, "ledger"));
        var node = await WatchdogLauncher.EnsureAsync(ledger, TimeProvider.System, default);
        var agent = new SocketAgent(vm.Agent, SocketHold.Exclusive, TimeProvider.System, new Random(1));
        try
        {
            Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(Second * 5));
            ledger.Write(EntryOf(vm));
            Assert.IsType<AgentOutcome.Returned>(await agent.CallAsync(new("guest-fsfreeze-freeze"), Second * 30));
            Assert.True(vm.IsFrozen());
        }
        finally
        {
            await agent.DisposeAsync(); // as the kernel does for a killed process: all its sockets at once
            node.Dispose();
        }

        await Poll.UntilAsync("thaw", Second, () => !vm.IsFrozen());
        await vm.Synced.WritesAfterAsync(vm.Synced.Latest, Guests.Limit);
        await Poll.UntilAsync("proof", Second * 5, () =>
            ledger.Read(vm.Name) is { Phase: LedgerPhase.Thawed, Facts: { ThawedBy: "watchdog", Thawed: 2 } }
        );
    }

    private static LedgerEntry EntryOf(RealVm vm)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new(
            vm.Name, null, vm.Agent, SocketHold.Exclusive,
            new(vm.Pid!.Value, HostProcesses.StartTicks(vm.Pid.Value)!.Value, 0), HostProcesses.BootId(),
            "run", 0, 1, "window", LedgerPhase.Opening, now, now + (10 * Second), new());
    }
}
