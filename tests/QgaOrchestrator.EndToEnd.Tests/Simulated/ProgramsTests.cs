using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>The three programs print usage and version without starting anything.</summary>
[Collection(nameof(SharedNode))]
public sealed class ProgramsTests(SharedNode shared)
{
    [Theory]
    [InlineData("qgad", "--help", "usage: qgad")]
    [InlineData("qgad", "--version", "qgad 0.")]
    [InlineData("qga-watchdog", "--help", "usage: qga-watchdog")]
    [InlineData("qga-watchdog", "--version", "qga-watchdog 0.")]
    [InlineData("qgactl", "--help", "qgactl COMMAND [OPTIONS]")]
    [InlineData("qgactl", "--version", "0.")]
    public async Task Each_program_tells_its_usage_and_its_version(string program, string option, string told)
    {
        var ended = await Tool.RunAsync(Programs.Named(program), [option]);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Contains(told, ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_nodes_config_is_checked_its_runs_are_logged_and_a_point_is_deleted()
    {
        await using var lab = await shared.StartAsync(2);
        await lab.WaitForReadyAsync(2);
        var check = await Tool.RunAsync(
            Programs.Node,
            ["check-config", "--config", Path.Combine(lab.Node.Folder, "node.json")]
        );
        Assert.True(check.ExitCode == 0, check.Error);

        Assert.Equal(0, (await lab.Node.CtlAsync("backup", "run")).ExitCode);
        Assert.Equal(2, (await lab.Node.CtlAsync("backup", "run", "--select", "name=nobody")).ExitCode);
        var run = (await SimulatedLab.ListAsync(lab.Client.ListRunsAsync()))[0].Id;
        var points = await lab.PointsAsync();
        Assert.Equal(2, points.Count);
        Assert.Equal(0, (await lab.Node.CtlAsync("point", "delete", points[0].Id, "--yes")).ExitCode);
        Assert.Equal(1, (await lab.Node.CtlAsync("point", "delete", points[0].Id, "--yes")).ExitCode);

        Assert.False(Directory.Exists(points[0].Directory));
        Assert.Equal([points[1].Id], (await lab.PointsAsync()).Select(point => point.Id));
        Assert.Equal(0, (await lab.Node.CtlAsync("point", "verify", points[1].Id)).ExitCode);
        var log = await File.ReadAllTextAsync(Path.Combine(lab.Node.Folder, "qgad.log"));
        Assert.Contains(
            $" info: RunActor[0] Run {run} has started: backup of 2 VMs (*), asked for by admin",
            log,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $" info: RunActor[0] Run {run} has ended, succeeded: backup, 2 of 2 VMs succeeded, after 00:00:",
            log,
            StringComparison.Ordinal
        );
        Assert.Contains(
            " warn: Runs[0] A run that admin asked for is refused: bad-request (400); asked for: backup of name=nobody",
            log,
            StringComparison.Ordinal
        );
    }
}
