using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Consistency groups: one instant over several VMs, all or nothing, and no guest left frozen.</summary>
[Collection(nameof(SharedNode))]
public sealed class GroupTests(SharedNode shared) : IAsyncLifetime
{
    private const string Freeze = "guest-fsfreeze-freeze";
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"qga-fleet-{Guid.NewGuid():N}.json");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        File.Delete(_file);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task All_of_a_group_are_frozen_before_the_first_is_cut()
    {
        await using var lab = await SharedAsync(20, 5);

        var (run, items) = await lab.BackupAsync(new JsonObject { ["maxParallel"] = 10 });

        Assert.Equal(RunStates.Succeeded, run.State);
        Assert.All(items.Values, item => Assert.Equal("filesystem", item.Class));
        foreach (var group in lab.Fleet.Vms.Chunk(5))
        {
            var facts = lab.Fleet.Journal.All.Where(fact => group.Any(vm => vm.Name == fact.Vm)).ToList();
            Assert.True(facts.FindLastIndex(fact => fact.Kind == "freeze") < facts.FindIndex(fact => fact.Kind == "cut"));
            Assert.Equal(5, facts.Count(fact => fact.Kind == "cut"));
        }
        var points = await lab.PointsAsync();
        Assert.Equal(20, points.Count);
        Assert.All(points, point => Assert.True(point is { Group: not null, Proof.SkewMs: >= 0 }));
        await lab.AssertNothingLeftAsync(20);
    }

    [Fact]
    public async Task A_member_that_refuses_its_freeze_voids_its_group_and_no_other()
    {
        await using var lab = await SharedAsync(10, 5, fleet => fleet.Vms[2].Agent.On(Freeze, Act.Error("hook failed")));

        var (run, items) = await lab.BackupAsync();

        Assert.Equal((RunStates.Partial, 5, 5), (run.State, run.Items.Succeeded, run.Items.Failed));
        Assert.Contains($"group g0: {lab.Vm(3)}:", items[lab.Vm(1)].Reason, StringComparison.Ordinal);
        Assert.Contains("hook failed", items[lab.Vm(3)].Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(lab.Fleet.Cuts, cut => lab.Fleet.Vms.Take(5).Any(vm => vm.Cuts.Contains(cut)));
        await lab.AssertNothingLeftAsync(5);
    }

    [Fact]
    public async Task A_copy_that_fails_costs_the_whole_group_its_point()
    {
        await using var lab = await SharedAsync(4, 4, fleet => fleet.Vms[1].Jobs.Fail("backup", "No space left on device"));

        var (run, items) = await lab.BackupAsync();

        Assert.Equal((RunStates.Failed, 4), (run.State, run.Items.Failed));
        Assert.Contains($"group g0: {lab.Vm(2)}:", items[lab.Vm(4)].Reason, StringComparison.Ordinal);
        await lab.AssertNothingLeftAsync(0);
    }

    [Fact]
    public async Task A_member_that_hangs_in_its_freeze_keeps_nobody_frozen_beyond_the_spread()
    {
        Rule late = null!;
        await using var lab = await GroupsAsync(
            4,
            4,
            fleet => late = fleet.Vms[3].Agent.On(Freeze, Act.Hang),
            "--Freeze:Spread=00:00:01",
            "--Freeze:Timeout=00:00:02",
            "--Freeze:Lease=00:00:02"
        );

        var run = await lab.StartBackupAsync();
        await lab.Fleet.Journal.Until(fact => fact.Vm == "vm001" && fact.Kind == "thaw").WaitAsync(SimulatedLab.Limit);
        await Poll.UntilAsync("thaw of the others", SimulatedLab.Limit, () => lab.Fleet.FrozenNow == 0);
        late.Dispose();

        Assert.Equal(RunStates.Failed, (await lab.EndOfAsync(run)).State);
        Assert.Contains("waited for vm004", (await lab.ItemsAsync(run))["vm001"].Reason, StringComparison.Ordinal);
        Assert.Empty(lab.Fleet.Cuts);
    }

    [Fact]
    public async Task A_selection_that_splits_a_group_names_who_is_missing()
    {
        await using var lab = await SharedAsync(4, 4);

        var told = await lab.Node.CtlAsync("backup", "run", "--select", $"name={lab.Vm(1)}");

        Assert.NotEqual(0, told.ExitCode);
        Assert.Contains($"not selected: {lab.Vm(2)}, {lab.Vm(3)}, {lab.Vm(4)}", told.Error, StringComparison.Ordinal);
    }

    private async Task<SimulatedLab> SharedAsync(int vms, int size, Action<SimulatedFleet>? faults = null)
    {
        var lab = await shared.StartAsync(vms, null, faults, size);
        await lab.WaitForReadyAsync(vms);
        return lab;
    }

    /// <summary>With a node of its own.</summary>
    private async Task<SimulatedLab> GroupsAsync(int vms, int size, Action<SimulatedFleet> faults, params string[] settings)
    {
        var said = Enumerable.Range(0, vms).Select(
            i => (JsonNode)new JsonObject { ["Name"] = $"vm{i + 1:000}", ["Group"] = $"g{i / size}" });
        await File.WriteAllTextAsync(_file, new JsonObject { ["Vms"] = new JsonArray([.. said]) }.ToJsonString());
        var lab = await SimulatedLab.StartAsync(vms, null, faults, [$"--Fleet:File={_file}", .. settings]);
        await lab.WaitForReadyAsync(vms);
        return lab;
    }
}
