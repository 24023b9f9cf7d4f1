using QgaOrchestrator.Api;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>The main job at the size of a host: 200 VMs, as a user runs it.</summary>
public sealed class FleetBackupTests
{
    private const int Vms = 200;

    [Fact]
    public async Task Two_hundred_VMs_are_each_cut_while_frozen_and_are_left_as_they_were()
    {
        await using var lab = await SimulatedLab.StartAsync(Vms);
        await lab.WaitForReadyAsync(Vms);

        var told = await lab.Node.CtlAsync("backup", "run", "--select", "*");

        Assert.True(told.ExitCode == 0, told.Output + told.Error);
        var cuts = lab.Fleet.Cuts;
        Assert.Equal(Vms, cuts.Count);
        Assert.All(cuts, cut => Assert.True(cut.Frozen && cut.Nodes.Count == 2 && cut.By.Pid == lab.Node.Pid));
        Assert.All(lab.Fleet.Vms, vm => Assert.Equal(1, vm.Guest.Epoch));
        await lab.AssertNothingLeftAsync(Vms);
        var run = Assert.Single(await SimulatedLab.ListAsync(lab.Client.ListRunsAsync()));
        Assert.Equal(RunStates.Succeeded, run.State);
        Assert.All((await lab.ItemsAsync(run.Id)).Values, item =>
            Assert.Equal((ItemStates.Succeeded, "filesystem"), (item.State, item.Class))
        );
        await PointIsGoodAsync(lab);
    }

    private static async Task PointIsGoodAsync(SimulatedLab lab)
    {
        var point = Assert.Single(await SimulatedLab.ListAsync(lab.Client.ListPointsAsync("vm042")));
        Assert.Equal(0, (await lab.Node.CtlAsync("point", "verify", point.Id)).ExitCode);
        Assert.Equal(0, (await lab.Node.CtlAsync("point", "restore", point.Id, "--to", lab.Restored)).ExitCode);
        var image = Directory.GetFiles(lab.Restored).Order(StringComparer.Ordinal).First();
        await File.WriteAllTextAsync(image, "in use");

        var again = await lab.Node.CtlAsync("point", "restore", point.Id, "--to", lab.Restored);

        Assert.NotEqual(0, again.ExitCode);
        Assert.Equal("in use", await File.ReadAllTextAsync(image));
    }
}
