namespace QgaOrchestrator.Simulator;

/// <summary>
/// Hundreds of simulated VMs in one process, no thread for any of them. When the constructor returns, all sockets listen:
/// DIR/vm001/qga.sock, DIR/vm001/qmp.sock, ...
/// </summary>
public sealed class SimulatedFleet : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SimulatedVm> _vms = [];
    private readonly string _directory;
    private readonly FleetOptions _options;

    public SimulatedFleet(string directory, int count, FleetOptions? options = null)
    {
        (_directory, _options) = (Path.GetFullPath(directory), options ?? new FleetOptions());
        for (var i = 0; i < count; i++) Add();
        var order = Enumerable.Range(0, count).ToArray();
        new Random(_options.Seed).Shuffle(order);
        var muted = (int)Math.Round(count * _options.Mute);
        var hanging = (int)Math.Round(count * _options.HangFreeze);
        foreach (var i in order.Take(muted)) PutFault(this[_options.Name(i)], "mute");
        foreach (var i in order.Skip(muted).Take(hanging)) PutFault(this[_options.Name(i)], "hang-freeze");
    }

    public Journal Journal { get; } = new();

    public IReadOnlyList<SimulatedVm> Vms
    {
        get { lock (_gate) return [.. _vms.Values]; }
    }

    public SimulatedVm this[string name]
    {
        get { lock (_gate) return _vms[name]; }
    }

    public int FrozenNow => Vms.Count(vm => vm.Guest.IsFrozen);

    public TimeSpan LongestFrozen => Vms.Select(vm => vm.Guest.LongestFrozen).DefaultIfEmpty().Max();

    public IReadOnlyList<Cut> Cuts => [.. Vms.SelectMany(vm => vm.Cuts)];

    /// <summary>One VM more, while others run.</summary>
    public SimulatedVm Add(string? name = null)
    {
        lock (_gate) return Start(name ?? _options.Name(_vms.Count), _vms.Count);
    }

    /// <summary>A new QEMU process on the same disks, sockets and UUID, from the same command line: healthy, no node of the old
    /// one.</summary>
    public async Task<SimulatedVm> Restart(string name)
    {
        var old = this[name];
        await old.End();
        lock (_gate) return Start(name, old.Number);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var vm in Vms) await vm.DisposeAsync();
    }

    private void PutFault(SimulatedVm vm, string fault)
    {
        vm.Fault = fault;
        if (fault == "mute") vm.Agent.Mute();
        else vm.Agent.On("guest-fsfreeze-freeze", _options.HangFreezeFor is { } time ? Act.Wait(time) : Act.Hang);
    }

    private SimulatedVm Start(string name, int number)
    {
        var vm = new SimulatedVm(Path.Combine(_directory, name), name, number, _options, Journal);
        if (_options.Latency > TimeSpan.Zero) vm.Agent.On("*", Act.Wait(_options.Latency));
        if (_options.FreezeLatency > TimeSpan.Zero) vm.Agent.On("guest-fsfreeze-freeze", Act.Wait(_options.FreezeLatency));
        _vms[name] = vm;
        return vm;
    }
}
