using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>A cut: the instant of a transaction that took a point in time, and whether the guest was frozen then.</summary>
/// <param name="Epoch">The freeze that held (1 for the VM's first), 0 if it was not frozen.</param>
/// <param name="Nodes">Targets of backups, and overlays.</param>
public sealed record Cut(DateTimeOffset At, bool Frozen, int Epoch, IReadOnlyList<string> Nodes, Client By);

/// <summary>
/// One QEMU process with its guest: DIR/name/qga.sock, DIR/name/qmp.sock and a small image per disk. Born healthy and
/// running; everything that goes wrong is put on <see cref="Agent"/>, <see cref="Monitor"/>, <see cref="Jobs"/> or here.
/// </summary>
public sealed class SimulatedVm : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly TaskCompletionSource _whenGone = new();
    private readonly List<Cut> _cuts = [];
    private readonly Journal _journal;
    private string _status = "running";
    private TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> _end;

    internal SimulatedVm(string directory, string name, int number, FleetOptions options, Journal journal)
    {
        (Name, Number, Directory, Time, _journal) = (name, number, directory, options.Time, journal);
        System.IO.Directory.CreateDirectory(directory);
        _running.SetResult();
        _end = new Lazy<Task>(EndOnce);
        Uuid = UuidOf(options.Seed, number);
        Disks = [.. Enumerable.Range(0, options.Disks).Select(i => new SimulatedDisk(
            i, Path.Combine(directory, $"disk{i}.qcow2"), options.DiskSize, options.Mountpoint(i)))];
        foreach (var disk in Disks.Where(disk => !File.Exists(disk.File)))
            Qcow2Image.Write(disk.File, disk.Size, Encoding.UTF8.GetBytes($"{name}/{disk.Node}\n"));
        Guest = new SimulatedGuest(this, Disks);
        Blocks = new BlockGraph(Disks);
        Jobs = new BlockJobs(this, Blocks) { CopyTime = options.CopyTime };
        Commands = new MonitorCommands(this);
        Agent = new SimulatedAgent(this, AgentPath, new Script(Time, new Random(unchecked((options.Seed * 31) + number))));
        Monitor = new SimulatedMonitor(this, MonitorPath, new Script(Time, new Random(unchecked((options.Seed * 37) + number))));
        Monitor.OpenSocket();
        Agent.OpenSocket();
        Agent.Start();
    }

    public string Name { get; }

    /// <summary>Its place in the fleet, from 0.</summary>
    public int Number { get; }

    public string Directory { get; }

    public string AgentPath => Path.Combine(Directory, "qga.sock");

    public string MonitorPath => Path.Combine(Directory, "qmp.sock");

    /// <summary>As query-uuid reports it; all zeros for a QEMU that was started without one.</summary>
    public Guid Uuid { get; set; }

    public IReadOnlyList<SimulatedDisk> Disks { get; }

    public SimulatedGuest Guest { get; }

    public SimulatedAgent Agent { get; }

    public SimulatedMonitor Monitor { get; }

    public BlockGraph Blocks { get; }

    public BlockJobs Jobs { get; }

    /// <summary>What the fleet's options put on it at birth: "mute", "hang-freeze", or null.</summary>
    public string? Fault { get; internal set; }

    /// <summary>`status` of query-migrate; null: there was no migration.</summary>
    public string? Migration { get; set; }

    /// <summary>query-status: running, paused, inmigrate, ...; anything but running stops the guest.</summary>
    public string Status
    {
        get { lock (_gate) return _status; }
    }

    public bool IsRunning => Status == "running";

    public IReadOnlyList<Cut> Cuts
    {
        get { lock (_gate) return [.. _cuts]; }
    }

    internal TimeProvider Time { get; }

    internal DateTimeOffset Now => Time.GetUtcNow();

    internal MonitorCommands Commands { get; }

    internal CancellationToken Gone => _gone.Token;

    internal Task WhenGone => _whenGone.Task;

    /// <summary>Another state, without an event: how a VM is found (inmigrate, io-error).</summary>
    public void SetStatus(string status)
    {
        lock (_gate)
        {
            _status = status;
            if (status == "running") _running.TrySetResult();
            else if (_running.Task.IsCompleted) _running = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        Agent.OpenOrClose();
    }

    public void Pause()
    {
        if (!IsRunning) return;
        SetStatus("paused");
        Monitor.Emit("STOP");
    }

    public void Resume()
    {
        if (IsRunning) return;
        SetStatus("running");
        Monitor.Emit("RESUME");
    }

    /// <summary>query-current-machine's wakeup-suspend-support.</summary>
    public bool CanWake { get; set; } = true;

    /// <summary>The guest suspended itself to memory.</summary>
    public void Suspend()
    {
        SetStatus("suspended");
        Monitor.Emit("SUSPEND");
    }

    /// <exception cref="QemuException">It is not suspended.</exception>
    internal void Wake()
    {
        if (Status != "suspended") throw new QemuException("Unable to wake up: guest is not in suspended state");
        SetStatus("running");
        Monitor.Emit("WAKEUP");
    }

    /// <summary>The guest boots anew: file systems thawed, a new agent, events as QEMU sends them.</summary>
    public void Reset(bool byGuest = false)
    {
        Agent.Stop();
        Guest.Reboot();
        Monitor.Emit("RESET", new JsonObject
        {
            ["guest"] = byGuest,
            ["reason"] = byGuest ? "guest-reset" : "host-qmp-system-reset",
        });
        Agent.Start();
    }

    /// <summary>QEMU's main loop stands still: neither socket answers until it is disposed.</summary>
    public IDisposable HangMainLoop() => new Both(Agent.Mute(), Monitor.Mute());

    /// <summary>The QEMU process ends: both sockets close and vanish.</summary>
    public Task End() => _end.Value;

    public async ValueTask DisposeAsync() => await End();

    internal Task Running()
    {
        lock (_gate) return _running.Task;
    }

    internal void ShutDownByGuest(string mode)
    {
        if (mode == "reboot") _ = Task.Run(() => Reset(byGuest: true));
        if (mode == "halt") _ = Task.Run(Agent.Stop);
        if (mode != "powerdown") return;
        Monitor.Emit("SHUTDOWN", new JsonObject { ["guest"] = true, ["reason"] = "guest-shutdown" });
        _ = Task.Run(End);
    }

    internal void RecordCut(IReadOnlyList<string> nodes, Client by)
    {
        var frozen = Guest.IsFrozen;
        var cut = new Cut(Now, frozen, frozen ? Guest.Epoch : 0, nodes, by);
        lock (_gate)
            _cuts.Add(cut);
        _journal.Write(
            new Fact(cut.At, Name, "cut", string.Join(' ', nodes), by)
            {
                Epoch = cut.Epoch,
                Frozen = frozen,
                Count = nodes.Count,
            }
        );
    }

    internal void Tell(string kind, string detail, Client by = default, int epoch = 0, int count = 0, bool frozen = false) =>
        _journal.Write(new Fact(Now, Name, kind, detail, by) { Epoch = epoch, Count = count, Frozen = frozen });

    private async Task EndOnce()
    {
        await _gone.CancelAsync();
        _whenGone.TrySetResult();
        await Agent.DisposeAsync();
        await Monitor.DisposeAsync();
    }

    private static Guid UuidOf(int seed, int number) => Guid.Parse(
        string.Create(CultureInfo.InvariantCulture, $"{unchecked((uint)seed):x8}-0000-4000-8000-{number + 1:x12}"));

    private sealed class Both(IDisposable one, IDisposable other) : IDisposable
    {
        public void Dispose()
        {
            one.Dispose();
            other.Dispose();
        }
    }
}
