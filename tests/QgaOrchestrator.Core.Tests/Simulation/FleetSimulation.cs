using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Kinds.Command;
using QgaOrchestrator.Core.Kinds.Exec;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Tests.Vms;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>
/// A fleet and its runs in virtual time: the production rules of run, live run, group, a VM's items, window, host's guard, proof,
/// and of what follows from a look after a crash; around them hosts, guests, QEMUs, a network and a store that fail at any step.
/// One seed is one story, the same each time. The interpreters hold no rule.
/// </summary>
internal sealed class FleetSimulation
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);

    /// <summary>A command that may be repeated; any other may not.</summary>
    public const string SafeCommand = "guest-ping";

    private const int MostFaults = 12;
    private const double LongestMs = 3_600_000;
    private readonly World _world;
    private readonly List<SimulatedHost> _hosts = [];
    private readonly List<SimulatedVm> _vms = [];
    private readonly List<SimulatedRun> _runs = [];
    private readonly bool _overlays;

    /// <summary>One story in four: hosts are emptied in it.</summary>
    private readonly bool _drains;

    public FleetSimulation(int seed, Planted bug = Planted.Nothing)
    {
        _world = new World(seed, bug);
        _drains = seed % 4 == 3;
        _overlays = _world.OneIn(3);
        for (var hosts = _world.Next(1, 3); hosts > 0; hosts--) _hosts.Add(new SimulatedHost(_world, $"hv{_hosts.Count}"));
        for (var vms = _world.Next(2, 6); vms > 0; vms--)
        {
            var vm = new SimulatedVm(this, _world, _hosts[_vms.Count % _hosts.Count], $"vm{_vms.Count}", _overlays);
            vm.Host.Vms.Add(vm);
            _vms.Add(vm);
        }
        for (var runs = _world.Next(1, 3); runs > 0; runs--)
        {
            var run = new SimulatedRun(_world, this, _hosts[0], Started($"r{_runs.Count}"));
            _hosts[0].Runs.Add(run);
            _runs.Add(run);
        }
    }

    public string Story => _world.Story;

    /// <summary>Items of all runs that have succeeded.</summary>
    public int Succeeded => _runs.Sum(run => run.State?.Counts.Succeeded ?? 0);

    public int Items => _runs.Sum(run => run.State?.Counts.Total ?? 0);

    public static WindowOrder WindowOf(string names, WindowMode mode) => new(names, TimeSpan.FromSeconds(3), Lease, mode);

    public SimulatedRun Run(string id) => _runs.First(run => run.Id == id);

    public SimulatedVm Vm(VmId id) => _vms.First(vm => vm.Id == id);

    /// <summary>Plays to the end.</summary>
    /// <returns>The invariant that was broken, or null.</returns>
    public string? Play()
    {
        var last = 0.0;
        for (var faults = _world.Next(0, MostFaults); faults > 0; faults--)
        {
            var at = _world.Next(1, _world.OneIn(2) ? 3_000 : 30_000);
            last = Math.Max(last, at);
            _world.At(at, Fault);
        }
        foreach (var host in _hosts) _world.At(_world.Next(1, 300), host.Begin);
        while (_world.Broken is null && !(_world.Ms > last && IsAtRest) && _world.Play())
        {
            foreach (var vm in _vms) vm.Guest.Watch(Lease, vm.Host.IsGuarded);
            if (_world.Ms > LongestMs)
                _world.Break(
                    $"it does not come to rest: {string.Join(", ", _runs.Select(run => $"run {run.Id} {run.State?.Phase}"))}");
        }
        if (_world.Broken is null) CheckEnd();
        return _world.Broken;
    }

    /// <summary>As far as its run's journal says.</summary>
    public bool IsUnderWay(string names)
    {
        var parts = names.Split('.');
        var (item, attempt) = (int.Parse(parts[1], null), int.Parse(parts[2], null));
        return Run(parts[0]).State is { IsEnded: false } run
            && run.Items[item] is { State: ItemState.Running } found
            && found.Attempt == attempt;
    }

    private bool IsAtRest =>
        _runs.TrueForAll(run => run.State is { IsEnded: true }) && _vms.TrueForAll(vm => vm.IsAtRest) && _hosts
            .TrueForAll(host => host.Up);

    private RunEvent.RunStarted Started(string id)
    {
        var kind = _world.Next(0, 6) switch { 0 => CommandKind.Name, 1 => ExecKind.Name, _ => BackupKind.Name };
        var grouped = kind == BackupKind.Name && _world.OneIn(2) ? _world.Next(2, _vms.Count + 1) : 0;
        var alone = kind == BackupKind.Name && _world.OneIn(6) ? _world.Next(grouped, _vms.Count) : -1;
        var options = new RunOptions
        {
            MaxParallel = _world.Next(1, 5),
            MaxParallelPerHost = _world.OneIn(2) ? _world.Next(1, 3) : null,
            MaxFailures =
                _world.Next(0, 3) switch { 0 => CountOrPercent.None, 1 => new CountOrPercent(1, false), _ => CountOrPercent.All },
            MaxUnreachable = _world.OneIn(4) ? CountOrPercent.None : CountOrPercent.All,
            Canary = _world.OneIn(5) ? new CountOrPercent(1, false) : null,
            Soak = _world.OneIn(4) ? TimeSpan.FromSeconds(5) : null,
            Deadline = _world.OneIn(8) ? TimeSpan.FromSeconds(40) : null,
        };
        options = kind switch
        {
            CommandKind.Name => new CommandOptions(_world.OneIn(2) ? SafeCommand : "guest-set-user-password").In(options),
            ExecKind.Name => new ExecOptions("/bin/true", ProcessTimeout.Default, true).In(options),
            _ => new BackupOptions(
                _overlays ? "snapshot" : "full",
                null,
                _world.OneIn(4) ? Consistency.Prefer : Consistency.Require,
                null
            ).In(options),
        };
        return new RunEvent.RunStarted(id, kind, "*", options, [.. _vms.Select(vm => vm.Id)], Clock.At(0).Utc, null)
        {
            Notes =
            [
                .. _vms.Select(
                    (_, i) => new TargetNote(i < grouped ? "g" : null, i == alone ? FreezeMode.Alone : FreezeMode.Together)
                ),
            ],
        };
    }

    // ---- what goes wrong

    private void Fault()
    {
        var (host, vm, run) = (
            _hosts[_world.Next(0, _hosts.Count)], _vms[_world.Next(0, _vms.Count)], _runs[_world.Next(0, _runs.Count)]);
        switch (_world.Next(0, _drains ? 17 : 16))
        {
            case 0 or 1: host.End("is killed", _world.Next(1, 300)); break;
            case 2: host.End("hangs", 2_000 + _world.Next(1, 300)); break;
            case 3: host.EndWatchdog(); break;
            case 4:
                host.EndWatchdog();
                host.End("is killed", _world.Next(1, 300));
                break;
            case 5: vm.Guest.EndAgent(); break;
            case 6: vm.Guest.LoseLink(); break;
            case 7:
                _world.Tell($"{vm.Id.Name}: somebody else thaws");
                vm.Guest.Thaw();
                break;
            case 8 when !_overlays: vm.EndQemu(); break;
            case 9: run.Restart(); break;
            case 10: vm.FailWorker(); break;
            case 11:
                run.Steer(new RunCommand.Pause());
                _world.At(_world.Next(100, 20_000), () => Resume(run));
                break;
            case 13: vm.FailWindow(); break;
            case 14: vm.Window?.Deafen(); break;
            case 15: vm.Window?.LoseLimits(); break;
            case 16 when !host.Drains: Drain(host, true); break;
            case 12 when _world.OneIn(2): run.Steer(new RunCommand.Abort("an operator aborts it", Wait: _world.OneIn(2))); break;
        }
    }

    private void Drain(SimulatedHost host, bool on)
    {
        _world.Tell($"{host.Name}: it {(on ? "is to be emptied" : "begins items again")}");
        host.Drains = on;
        foreach (var run in _runs) TellDrains(run);
        if (on) _world.At(_world.Next(100, 30_000), () => Drain(host, false));
    }

    /// <summary>The next time that the hosts tell of themselves.</summary>
    public void TellDrains(SimulatedRun run)
    {
        if (!_drains) return;
        _world.At(_world.Next(1, 2_000), () => run.SeeDrains([.. _hosts.Where(host => host.Drains).Select(host => host.Name)]));
    }

    /// <summary>An operator asks until it is done: while the node is down nobody hears.</summary>
    private void Resume(SimulatedRun run)
    {
        if (run.State is { IsEnded: true } || (_world.Ms > 120_000 && run.State is { IsPaused: false })) return;
        run.Steer(new RunCommand.Resume());
        _world.At(5_000, () => Resume(run));
    }

    // ---- what must hold

    /// <summary>A journal goes on: budgets before each dispatch, and outcomes that are true.</summary>
    public void Check(RunState before, RunEvent happened)
    {
        if (happened is RunEvent.ItemsDispatched dispatched)
            CheckDispatch(before, [.. dispatched.Items.Select(attempt => before.Items[attempt.Item])]);
        if (happened is RunEvent.ItemsSettled settled)
            foreach (var outcome in settled.Outcomes) CheckOutcome(before, outcome, settled.Outcomes);
    }

    /// <summary>A point of the guest's own disks, that says more than that they were cut, was cut while all of it was
    /// frozen.</summary>
    public void CheckClaim(SimulatedVm vm, string names, bool unfrozen, RecoveryClass kind)
    {
        var cuts = vm.Cuts.GetValueOrDefault(names, []);
        if (cuts.Count == 0) _world.Break($"the point of {names} was never cut");
        else if (unfrozen && kind != RecoveryClass.Crash)
            _world.Break($"the point of {names} was cut while the guest was running, and says {kind}");
        else if (!unfrozen && (cuts.Count != 1 || !cuts[0].WhollyFrozen))
            _world.Break($"the point of {names} claims a cut of frozen file systems that {vm.Id.Name} did not see");
        else if (
            !unfrozen
            && kind != RecoveryClass.Crash
            && !(vm.Guest.Lasted.GetValueOrDefault(cuts[0].Freeze, double.MaxValue) <= Lease.TotalMilliseconds + 50)
        )
            _world.Break($"the point of {names} says {kind}, and {vm.Id.Name} was frozen for longer than its lease");
    }

    private void CheckDispatch(RunState run, IReadOnlyList<RunItem> items)
    {
        var (counts, options) = (run.Counts, run.Options);
        if (run.Abort is not null || run.IsPaused) _world.Break($"run {run.Id} dispatches though it is told not to");
        if (counts.Failed + counts.Unknown > options.MaxFailures.Of(counts.Total))
            _world.Break($"run {run.Id} dispatches beyond maxFailures");
        if (counts.Unreachable > options.MaxUnreachable.Of(counts.Total))
            _world.Break($"run {run.Id} dispatches beyond maxUnreachable");
        var running = RunRules.UnderWay(run).ToList();
        // A group is begun whole, where nothing else is under way.
        var group = running.Count == 0 && items.All(item => item.Group is not null && item.Group == items[0].Group);
        if (!group && running.Count + items.Count > options.MaxParallel)
            _world.Break($"run {run.Id} dispatches beyond maxParallel");
        if (
            !group
            && options.MaxParallelPerHost is { } limit
            && running
                .Concat(items)
                .GroupBy(item => item.Vm.Host)
                .Any(host => host.Count() > limit && items.Any(item => item.Group is null && item.Vm.Host == host.Key))
        )
            _world.Break($"run {run.Id} dispatches beyond maxParallelPerHost");
        if (running.Concat(items).Any(item => item.Note.Freeze == FreezeMode.Alone) && running.Count + items.Count > 1)
            _world.Break($"run {run.Id} dispatches beside one that must be alone");
    }

    private void CheckOutcome(RunState run, ItemOutcome outcome, IReadOnlyList<ItemOutcome> together)
    {
        var item = run.Items[outcome.Item];
        var vm = Vm(item.Vm);
        var names = $"{run.Id}.{outcome.Item}.{outcome.Attempt}";
        // Of a VM whose sockets are gone nobody can tell what it had come to; and what may be repeated may be under way again.
        if (
            outcome.State != ItemState.Unreachable
            && !(outcome.State == ItemState.Interrupted && run.Kind == CommandKind.Name)
            && vm.GoesOnWith(new ItemId(run.Id, outcome.Item, outcome.Attempt))
        )
            _world.Break($"{names} is settled as {outcome.State}, and {vm.Id.Name} works on it");
        if (run.Kind == BackupKind.Name && outcome.State == ItemState.Succeeded && !vm.Points.ContainsKey(names))
            _world.Break($"{names} has succeeded, and its point is not there");
        if (
            run.Kind == BackupKind.Name
            && outcome.State is not (ItemState.Succeeded or ItemState.Unreachable)
            && vm.Points.ContainsKey(names)
        )
            _world.Break($"{names} is {outcome.State}, and its point is there");
        if (
            item.Group is { } group
            && together
                .Where(other => run.Items[other.Item].Group == group && other.State != ItemState.Unreachable)
                .Select(other => other.State == ItemState.Succeeded)
                .Distinct()
                .Count() > 1
        )
            _world.Break($"some of the group {group} succeeded, and some did not");
    }

    private IEnumerable<string> Unfinished() =>
    [
        .. _runs.Where(run => run.State is not { IsEnded: true }).Select(run => run.Id),
        .. _vms.Where(vm => !vm.IsAtRest).Select(vm => vm.ToString()!),
    ];

    private void CheckEnd()
    {
        if (!IsAtRest)
            _world.Break($"it stands still, and has not ended: {string.Join(", ", Unfinished())}");
        foreach (var vm in _vms)
        {
            if (vm.Qemu.Foreign is { Count: > 0 } foreign)
                _world.Break($"the block graph of {vm.Id.Name} holds {string.Join(", ", foreign)}");
            if (vm.Guest.Frozen > 0) _world.Break($"{vm.Id.Name} is left frozen");
        }
        foreach (
            var item in _runs
                .SelectMany(run => run.State!.Items)
                .Where(item => item.State is ItemState.Pending or ItemState.Running or ItemState.Interrupted)
        )
            _world.Break($"the item of {item.Vm.Name} has not ended");
    }
}
