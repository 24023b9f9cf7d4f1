using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>
/// A host's two processes: its node, in which VMs' actors and runs live, and its watchdog, which thaws what the ledger names
/// when the node has ended or its heart has stopped. Its disk, and its QEMUs, outlive both.
/// </summary>
internal sealed class SimulatedHost(World world, string name)
{
    private readonly List<Action> _buffered = [];
    private bool _watchdogUp = true;
    private double _watchdogDownSince = double.MaxValue;
    private GuardState _guard = GuardState.Start;
    private int _watchdog;

    public string Name => name;

    public List<SimulatedVm> Vms { get; } = [];

    public List<SimulatedRun> Runs { get; } = [];

    public bool Up { get; private set; }

    /// <summary>It is being emptied: a file on its disk says so.</summary>
    public bool Drains { get; set; }

    /// <summary>Counts the node's processes.</summary>
    public int Life { get; private set; }

    /// <summary>Somebody is there who thaws.</summary>
    public bool IsGuarded => Up || _watchdogUp;

    public void Begin()
    {
        if (Up) return;
        world.Tell($"{name}: the node begins");
        Up = true;
        _guard = GuardState.Start;
        foreach (var vm in Vms.Where(vm => vm.Entry is not null))
            Guard(new GuardInput.Found(vm.Entry!.Window, vm.Id.Name, vm.Entry.By is not null));
        Guard(new GuardInput.Watchdog(_watchdogUp ? WatchdogSight.Guarding : WatchdogSight.Missing));
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
        (_watchdogUp, _watchdogDownSince) = (false, world.Ms);
        SeeWatchdog();
        _watchdog++;
        foreach (var vm in Vms) vm.IsLocked = false;
        world.At(world.Next(200, 3_000), () =>
        {
            world.Tell($"{name}: the watchdog begins");
            (_watchdogUp, _watchdogDownSince) = (true, double.MaxValue);
            SeeWatchdog();
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

    // ---- the guard of its guests

    public void Guard(GuardInput input)
    {
        (_guard, var effects) = GuardRules.Step(_guard, input, world.Moment);
        foreach (var effect in effects) Perform(effect);
        if (input is GuardInput.FreezeSent sent)
        {
            if (world.Ms - _watchdogDownSince > 100) world.Break($"the window {sent.Window} freezes, and {name} has no watchdog");
            var life = Life;
            world.At((sent.ThawDue - world.Moment).TotalMilliseconds + 1, () => CheckHeart(life));
        }
        else if (input is GuardInput.LimitPassed)
        {
            var life = Life;
            world.At(GuardRules.LimitHeard.TotalMilliseconds + 1, () => CheckHeart(life));
        }
    }

    public OpenAnswer MayOpen(string window, EntryOnDisk? found) => GuardRules.MayOpen(_guard, window, found) switch
    {
        OpenAnswer.LeftOpen when world.Bug == Planted.OpenEntryOverwritten => OpenAnswer.Yes,
        OpenAnswer.Unguarded when world.Bug == Planted.FrozenWithoutWatchdog => OpenAnswer.Yes,
        var answer => answer,
    };

    private void Perform(GuardEffect effect)
    {
        switch (effect)
        {
            case GuardEffect.TellLimit e:
                WindowOf(e.Window)?.Hear(e.Limit);
                break;
            case GuardEffect.RemoveEntry e:
                Vms.First(vm => vm.Id.Name == e.Vm).EntryGoes(e.Window);
                break;
            case GuardEffect.GiveToVm e:
                Vms.First(vm => vm.Id.Name == e.Vm).Adopt();
                break;
            case GuardEffect.TellUnguarded e:
                WindowOf(e.Window)?.Tell(new WindowInput.Unguarded("no watchdog", "start it"));
                break;
        }
    }

    private SimulatedWindow? WindowOf(string window) => Vms.Select(vm => vm.Window).FirstOrDefault(open => open?.Id == window);

    private void SeeWatchdog()
    {
        var (up, life) = (_watchdogUp, Life);
        world.At(world.Next(1, 50), () =>
        {
            if (Up && life == Life && up == _watchdogUp)
                Guard(new GuardInput.Watchdog(up ? WatchdogSight.Guarding : WatchdogSight.Missing));
        });
    }

    /// <summary>A heart that does not beat for 2 s has its node ended, as long as the ledger names an open window.</summary>
    private void CheckHeart(int life)
    {
        if (!Up || life != Life || Silence() is null) return;
        world.At(2_000, () =>
        {
            if (!Up || life != Life || Silence() is not { } silence) return;
            if (_watchdogUp && Vms.Exists(vm => vm is { Entry.By: null, Guest.Up: true })) End($"does not beat: {silence}", 0);
            else CheckHeart(life);
        });
    }

    private string? Silence()
    {
        var windows = _guard.Windows;
        if (world.Bug == Planted.DeadlineOverlooked)
            windows = windows.SetItems(windows.Select(w => KeyValuePair.Create(w.Key, w.Value with { ThawDue = null })));
        if (world.Bug == Planted.UnheardLimitOverlooked)
            windows = windows.SetItems(windows.Select(w => KeyValuePair.Create(w.Key, w.Value with { Unheard = null })));
        return GuardRules.Silence(_guard with { Windows = windows }, world.Moment);
    }

    private void WatchdogThaws(int life)
    {
        foreach (var vm in Vms) vm.ThawByWatchdog(() => life == _watchdog && _watchdogUp);
    }
}
