using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods.Hook;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Tests.Cut;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Conformance;

/// <summary>One simulated VM for a cut method, and the node's data directory.</summary>
public sealed class CutLab : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SimulatedFleet _fleet;
    private readonly Dictionary<string, IReadOnlyList<string>> _hooks = [];
    private int _points;

    public CutLab()
    {
        _fleet = new(_directory["vms"], 1, new() { CopyTime = TimeSpan.Zero });
        Host = new CutHost(_directory["data"], TimeProvider.System)
        {
            Settings = [new HookSettings(_hooks)],
            Limits = new() { Poll = TimeSpan.FromMilliseconds(20) },
        };
    }

    public SimulatedVm Vm => _fleet.Vms[0];

    public CutHost Host { get; }

    /// <summary>A hook that keeps a file for each snapshot, and copies it to the images when it finishes.</summary>
    public void AddHook(string name)
    {
        var script = _directory[name + ".sh"];
        File.WriteAllText(script, $$"""
            read -r call
            name=$(expr "$call" : '.*"name":"\([^"]*\)"')
            target=$(expr "$call" : '.*"target":"\([^"]*\)"')
            case $call in
            *'"phase":"prepare"'*) ;;
            *'"phase":"cut"'*) touch {{_directory.Path}}/$name.snapshot ;;
            *'"phase":"finish"'*) cp {{_directory.Path}}/whole/*.qcow2 $target && rm -f {{_directory.Path}}/$name.snapshot ;;
            *'"phase":"undo"'*) rm -f {{_directory.Path}}/$name.snapshot ;;
            esac && echo '{}'
            """);
        Directory.CreateDirectory(_directory["whole"]);
        for (var i = 0; i < Vm.Disks.Count; i++) Qcow2Image.Write(_directory[$"whole/{i}.qcow2"], Vm.Disks[i].Size);
        _hooks[name] = ["/bin/sh", script];
    }

    /// <summary>What a node that has just started has of the VM.</summary>
    /// <param name="after">It is killed right after its n-th command to QEMU.</param>
    public async Task<IMachine> OpenAsync(int after = int.MaxValue)
    {
        var machine = new QmpMachine(new AbandoningMonitor(new SocketMonitor(Vm.MonitorPath, TimeProvider.System), after));
        Assert.IsType<MachineOpening.Ready>(await machine.OpenAsync(TimeSpan.FromSeconds(30)));
        return machine;
    }

    /// <summary>Whether its node was killed.</summary>
    public static bool IsKilled(IMachine machine) => ((AbandoningMonitor)((QmpMachine)machine).Monitor).Last is not null;

    public string NewPoint() => Directory.CreateDirectory(_directory[$"point{++_points}"]).FullName;

    /// <summary>All that is of ours, in QEMU, beside the disks, in the storage and in the node's directory.</summary>
    public IReadOnlyList<string> Left() =>
    [
        .. Vm.Blocks.Leftovers,
        .. Vm.Jobs.All.Select(job => job.Id),
        .. Directory.GetFiles(_directory.Path, "q-*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)),
        .. Directory.Exists(Host.DataDirectory) ? Directory.GetFiles(Host.DataDirectory, "*", SearchOption.AllDirectories) : [],
    ];

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        _directory.Dispose();
    }
}
