using System.Globalization;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>
/// qgad is killed or stopped at chosen instants of a backup. No guest may notice for longer than the watchdog needs, and
/// nothing may be lost or left over when the node is back.
/// </summary>
/// <remarks>QGA_KILLS and QGA_KILL_SEED make a long run of it: tests/kills.sh.</remarks>
public sealed class NodeDiesTests
{
    private const int Vms = 30;

    private static readonly FleetOptions Options = new()
    {
        FreezeLatency = TimeSpan.FromMilliseconds(20),
        CopyTime = TimeSpan.FromMilliseconds(300),
    };

    /// <summary>In turn; more than half with guests frozen.</summary>
    private static readonly (string Name, bool Frozen, int Facts, Func<Fact, bool> Is)[] Instants =
    [
        ("frozen", true, Vms, fact => fact.Kind == "freeze"),
        ("cut made", true, Vms, fact => fact.Kind == "cut"),
        ("before the window", false, Vms, fact => fact.Kind == "job" && fact.Detail.StartsWith("create", StringComparison.Ordinal)),
        ("frozen", true, Vms, fact => fact.Kind == "freeze"),
        ("during the copy", false, Vms, fact => fact.Kind == "thaw"),
        ("cut made", true, Vms, fact => fact.Kind == "cut"),
        ("after the copy", false, 2 * Vms, fact => fact.Kind == "job" && fact.Detail.StartsWith("backup", StringComparison.Ordinal)),
    ];

    [Fact]
    public async Task Killed_at_any_instant_guests_thaw_within_a_second_and_the_run_ends_by_itself_after_the_restart()
    {
        var chance = new Random(Setting("QGA_KILL_SEED", 1));
        await using var lab = await SimulatedLab.StartAsync(Vms, Options);
        for (var round = 0; round < Setting("QGA_KILLS", 6); round++)
        {
            await lab.WaitForReadyAsync(Vms);
            var (name, frozen, facts, isIt) = Instants[round % Instants.Length];
            var nth = chance.Next(1, facts + 1);
            var told = $"round {round}: killed at {name}, {nth} of {facts}";
            var killed = lab.SignalAt(HostProcess.SigKill, nth, isIt);
            var run = await lab.StartBackupAsync();
            var instant = await killed;
            await lab.Node.WaitForEndAsync();

            await lab.WaitForThawAsync();
            Assert.True(!frozen || lab.Fleet.FrozenAt(instant) > 0, told);
            Assert.True(lab.Fleet.LongestFrozenAfter(instant) < TimeSpan.FromSeconds(1), $"{told}, thawed after {lab.Fleet.LongestFrozenAfter(instant)}");

            await lab.Node.StartAgainAsync();
            var end = await lab.EndOfAsync(run);
            Assert.True(end.State == RunStates.Succeeded, $"{told}: {end}");
            await lab.AssertNothingLeftAsync((round + 1) * Vms);
        }
    }

    [Fact]
    public async Task Stopped_with_guests_frozen_it_is_killed_by_the_watchdog_and_they_thaw_within_four_seconds()
    {
        await using var lab = await SimulatedLab.StartAsync(Vms, Options);
        await lab.WaitForReadyAsync(Vms);
        var stopped = lab.SignalAt(HostProcess.SigStop, Vms / 2, fact => fact.Kind == "freeze");
        var run = await lab.StartBackupAsync();
        var instant = await stopped;

        await lab.Node.WaitForEndAsync();
        await lab.WaitForThawAsync();
        Assert.True(lab.Fleet.FrozenAt(instant) > 0);
        Assert.True(lab.Fleet.LongestFrozenAfter(instant) < TimeSpan.FromSeconds(4), lab.Fleet.LongestFrozenAfter(instant).ToString());

        await lab.Node.StartAgainAsync();
        Assert.Equal(RunStates.Succeeded, (await lab.EndOfAsync(run)).State);
        await lab.AssertNothingLeftAsync(Vms);
    }

    private static int Setting(string name, int value) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : value;
}
