using System.Text;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods.Full;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>The client library alone, with a real agent and a real monitor: what the rest stands on.</summary>
[Collection(nameof(RealVmTests))]
public sealed class CutTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [SkippableFact]
    public async Task Two_disks_cut_while_frozen_hold_all_that_was_synced_and_leave_no_trace_in_QEMU()
    {
        await using var lab = await RealVmLab.OpenAsync();
        var vm = await lab.StartAsync("cut");
        var graph = await Guests.BlockGraphAsync(vm);
        var target = Directory.CreateDirectory(Path.Combine(lab.Folder, "point")).FullName;
        await using (var monitor = new SocketMonitor(vm.Monitor, TimeProvider.System))
        await using (var agent = new SocketAgent(vm.Agent, SocketHold.Exclusive, TimeProvider.System, new Random(1)))
        {
            Assert.IsType<MonitorOpenOutcome.Ready>(await monitor.OpenAsync(Second * 5));
            Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(Second * 5));
            var cut = new FullCut(new QmpMachine(monitor), TimeProvider.System);
            var plan = await cut.PrepareAsync(CutNames.For("run", 0, 1), new(target, null), default);

            Assert.Equal("2", await CallAsync(agent, "guest-fsfreeze-freeze"));
            var outcome = await cut.CutAsync(plan, Second * 5);
            Assert.Equal("2", await CallAsync(agent, "guest-fsfreeze-thaw"));

            Assert.IsType<CutOutcome.Done>(outcome);
            await cut.FinishAsync(plan, _ => { }, default);
            var frozenAt = vm.Synced.Hooks.Last(hook => hook.What == "freeze").Numbers;
            foreach (var disk in plan.Disks)
            {
                var report = await ImageCheck.RunAsync(disk.Image, frozenAt[disk.Index]);
                Assert.True(report.Passed, report.ToString());
            }
        }
        Assert.Equal(graph, await Guests.BlockGraphAsync(vm));
    }

    [SkippableFact]
    public async Task A_cut_undone_while_it_copies_leaves_neither_jobs_nor_nodes_nor_files()
    {
        await using var lab = await RealVmLab.OpenAsync();
        var vm = await lab.StartAsync("undone");
        var graph = await Guests.BlockGraphAsync(vm);
        var target = Directory.CreateDirectory(Path.Combine(lab.Folder, "point")).FullName;
        var names = CutNames.For("run", 0, 1);
        await using (var monitor = new SocketMonitor(vm.Monitor, TimeProvider.System))
        {
            Assert.IsType<MonitorOpenOutcome.Ready>(await monitor.OpenAsync(Second * 5));
            var cut = new FullCut(new QmpMachine(monitor), TimeProvider.System);
            var plan = await cut.PrepareAsync(names, new(target, 4096), default);
            Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Second * 5));
            Assert.True(await cut.CanFinishAsync(plan, default));

            await cut.UndoAsync(names, target, default);
            await cut.UndoAsync(names, target, default); // again, as after a crash
        }
        Assert.Equal(graph, await Guests.BlockGraphAsync(vm));
        Assert.False(Directory.Exists(target));
    }

    private static async Task<string> CallAsync(SocketAgent agent, string command) =>
        await agent.CallAsync(new(command), Second * 30) is AgentOutcome.Returned returned
            ? Encoding.UTF8.GetString(returned.Json.Span)
            : "no reply";
}
