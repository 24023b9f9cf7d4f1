namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>
/// A host's two processes: its node, in which VMs' actors and runs live, and its watchdog, which thaws what the ledger names
/// when the node has ended. Its disk, and its QEMUs, outlive both.
/// </summary>
internal sealed class SimulatedHost(World world, string name)
{
    private readonly List<Action> _buffered = [];
    private bool _watchdogUp = true;
    private int _watchdog;

    public string Name => name;

    public List<SimulatedVm> Vms { get; } = [];

    public List<SimulatedRun> Runs { get; } = [];

    public bool Up { get; private set; }

    /// <summary>Counts the node's processes.</summary>
    public int Life { get; private set; }

    /// <summary>Somebody is there who thaws.</summary>
    public bool IsGuarded => Up || _watchdogUp;

    public void Begin()
    {
        if (Up) return;
        world.Tell($"{name}: the node begins");
        Up = true;
        foreach (var vm in Vms) vm.Guest.Excuse(2_500);
        foreach (var vm in Vms) vm.Begin();
        foreach (var run in Runs) run.Begin();
        foreach (var late in _buffered) world.At(world.Next(1, 500), late);
        _buffered.Clear();
    }

    /// <param name="how">As in: the node is killed.</param>
    /// <param name="untilSeen">How long its watchdog takes to see that, in milliseconds.</param>
    public void End(string how, double untilSeen)
    {
        if (!Up) return;
        world.Tell($"{name}: the node {how}");
        Up = false;
        Life++;
        foreach (var vm in Vms)
        {
            vm.End();
            vm.Guest.Excuse(untilSeen + 1_000);
        }
        foreach (var run in Runs) run.End();
        var watchdog = _watchdog;
        world.At(untilSeen, () => WatchdogThaws(watchdog));
        world.At(untilSeen + world.Next(50, 8_000), Begin);
    }

    public void EndWatchdog()
    {
        if (!_watchdogUp) return;
        world.Tell($"{name}: the watchdog is killed");
        _watchdogUp = false;
        _watchdog++;
        foreach (var vm in Vms) vm.IsLocked = false;
        world.At(world.Next(200, 3_000), () =>
        {
            world.Tell($"{name}: the watchdog begins");
            _watchdogUp = true;
            foreach (var vm in Vms) vm.Guest.Excuse(12_500);
            if (!Up) WatchdogThaws(_watchdog);
        });
    }

    /// <summary>
    /// A message to the node. One that crosses the end of a process is lost with its connection, or comes late: then it was
    /// buffered, which happens only to what may come again: a first order comes once, or not at all.
    /// </summary>
    public void Send(Action arrive, bool comesAgain = true)
    {
        var life = Life;
        world.Send(() =>
        {
            if (Up && (life == Life || (comesAgain && world.OneIn(2)))) arrive();
            else if (!Up && comesAgain && world.OneIn(3)) _buffered.Add(arrive);
        }, comesAgain);
    }

    private void WatchdogThaws(int life)
    {
        foreach (var vm in Vms) vm.ThawByWatchdog(() => life == _watchdog && _watchdogUp);
    }
}
