using System.Text.Json.Nodes;
using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>One node for all tests of simulated VMs that neither end nor stop it and do not ask for a fresh one.</summary>
[CollectionDefinition(nameof(SharedNode))]
public sealed class SharedNode : SimulatedNode, ICollectionFixture<SharedNode>;

/// <summary>One node for all tests of simulated VMs that end it: it is started again, by the test or for the next.</summary>
[CollectionDefinition(nameof(EndedNode))]
public sealed class EndedNode : SimulatedNode, ICollectionFixture<EndedNode>;

/// <summary>A node for several tests, one after another. It sees a test's VMs when their faults have been put on them, and until
/// the test has ended.</summary>
public abstract class SimulatedNode : IAsyncLifetime
{
    private readonly LinkedNode _node = new();
    private int _labs;

    /// <summary>Where a node of this kind keeps things of its own.</summary>
    protected string Folder => _node.Folder;

    /// <summary>Further options of the node.</summary>
    protected virtual string[] Settings => [];

    /// <summary>Of the node and its watchdog.</summary>
    protected virtual IReadOnlyDictionary<string, string>? Environment => null;

    public virtual Task InitializeAsync() => Task.CompletedTask;

    /// <param name="vms">How many.</param>
    /// <param name="options">Of the fleet; the names are not its to choose.</param>
    /// <param name="faults">Put on the fleet before the node sees it.</param>
    /// <param name="groupSize">Not null: so many VMs form a group each, g0, g1, ...</param>
    internal async Task<SimulatedLab> StartAsync(
        int vms, FleetOptions? options = null, Action<SimulatedFleet>? faults = null, int? groupSize = null)
    {
        var node = await _node.ReadyAsync(Settings, Environment);
        var number = ++_labs;
        options = (options ?? new()) with { Name = vm => $"lab{number}-vm{vm + 1:000}", Seed = number };
        var lab = SimulatedLab.Sharing(_node, node, Path.Combine(Folder, $"lab{number}"), vms, options);
        faults?.Invoke(lab.Fleet);
        _node.WriteFleetFile(Groups(lab.Fleet, groupSize));
        _node.Show(lab.Fleet.Vms.Select(vm => vm.Directory));
        return lab;
    }

    public virtual async Task DisposeAsync() => await _node.DisposeAsync();

    /// <summary>Ends node and watchdog before what they stand on goes.</summary>
    protected Task EndAsync() => _node.EndAsync();

    private static string Groups(SimulatedFleet fleet, int? size)
    {
        var said = fleet.Vms.Where(_ => size is not null).Select((vm, number) =>
            (JsonNode)new JsonObject { ["Name"] = vm.Name, ["Group"] = $"g{number / size}" });
        return new JsonObject { ["Vms"] = new JsonArray([.. said]) }.ToJsonString();
    }
}
