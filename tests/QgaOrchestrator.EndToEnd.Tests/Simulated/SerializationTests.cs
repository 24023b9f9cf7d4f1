using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Node;
using QgaOrchestrator.Node.Data;
using QgaOrchestrator.Node.Options;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A whole node in this process: what it writes to the journal, and sends between its regions, has a format.</summary>
public sealed class SerializationTests
{
    private const int Vms = 5;

    [Fact]
    public async Task A_whole_backup_comes_by_no_type_without_a_format()
    {
        var folder = Directory.CreateTempSubdirectory("qga-e2e-").FullName;
        await using var fleet = new SimulatedFleet(Path.Combine(folder, "vms"), Vms);
        var options = OptionsLoader.Load(
            [
                "--Node:Api=http://127.0.0.1:0",
                "--Node:DataDirectory=data",
                "--Freeze:Ledger=ledger",
                "--Fleet:Sources:0:Kind=sockets",
                "--Fleet:Sources:0:Agent=vms/{vm}/qga.sock",
                "--Fleet:Sources:0:Monitor=vms/{vm}/qmp.sock",
            ],
            new Dictionary<string, string>(), "e2e", folder);
        Directory.CreateDirectory(options.Freeze.Ledger);
        using var data = DataDirectory.Open(options.Node.DataDirectory);
        var before = RefusingSerializer.Refused;
        await using (var node = await NodeHost.BuildAsync(
            options, data, services => services.AddLogging(log => log.ClearProviders())))
        {
            await node.StartAsync();
            using var client = new QgaClient(
                new Uri(node.Urls.First()), (await File.ReadAllTextAsync(data.TokenFile)).Trim(), TimeProvider.System);
            await Poll.ForAsync("ready agents", SimulatedLab.Limit, async () =>
                (await SimulatedLab.ListAsync(client.ListVmsAsync())).Count(vm => vm.Agent.State == AgentStates.Ready) == Vms
                    ? "ready"
                    : null
            );
            var run = await client.StartRunAsync(new RunRequest(BackupKind.Name));

            Assert.Equal(RunStates.Succeeded, await EndAsync(client, run.Id));
            await node.StopAsync();
        }
        Assert.Equal(before, RefusingSerializer.Refused);
        if (WatchdogInstance.Holder(FreezeLedger.At(options.Freeze.Ledger)) is { } watchdog
            && HostProcess.IsAlive(watchdog, options.Freeze.Ledger))
            HostProcess.Signal(watchdog, HostProcess.SigKill);
        await fleet.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<string> EndAsync(QgaClient client, string run)
    {
        using var limit = new CancellationTokenSource(SimulatedLab.Limit);
        await foreach (var change in client.WatchRunAsync(run, cancel: limit.Token))
            if (change is RunUpdate.RunChanged { Run.State: var state } && RunStates.IsFinal(state)) return state;
        return "no end";
    }
}
