namespace QgaOrchestrator.Simulator;

/// <summary>
/// What is inside the VM: file systems, whether they are frozen, the agent's hook, users, programs. It outlives its agent,
/// as a frozen kernel does; only a reset clears it.
/// </summary>
public sealed class SimulatedGuest
{
    private readonly Lock _gate = new();
    private readonly SimulatedVm _vm;
    private readonly List<Freeze> _freezes = [];
    private readonly List<string> _hookCalls = [];
    private HashSet<string> _frozenMounts = [];
    private TaskCompletionSource _thawed = Completed();
    private bool _frozen;

    internal SimulatedGuest(SimulatedVm vm, IReadOnlyList<SimulatedDisk> disks)
    {
        _vm = vm;
        Disks = disks;
    }

    public IReadOnlyList<SimulatedDisk> Disks { get; }

    internal DateTimeOffset Now => _vm.Now;

    internal int Number => _vm.Number;

    /// <summary>`id` of guest-get-osinfo. "mswindows" also brings VSS: a thaw later than 10 s fails, though it thaws.</summary>
    public string OsId { get; set; } = "debian";

    public string HostName => _vm.Name;

    /// <summary>fsinfo's `disk` entries carry the serial (agents with udev). The PCI address is always there.</summary>
    public bool TellsSerials { get; set; } = true;

    /// <summary>File systems that FIFREEZE skips without an error (EBUSY, EOPNOTSUPP): not counted, not frozen.</summary>
    public HashSet<string> Unfreezable { get; } = [];

    /// <summary>An fsfreeze hook is configured: <see cref="HookCalls"/> then holds each call.</summary>
    public bool HasHook { get; set; }

    /// <summary>Exit status of the hook for "freeze" and "thaw". Not 0: the agent answers with an error.</summary>
    public Dictionary<string, int> HookStatus { get; } = new() { ["freeze"] = 0, ["thaw"] = 0 };

    /// <summary>The hook is one that reports its scripts.</summary>
    public ReportingHook? Reports { get; set; }

    public IReadOnlyList<string> HookCalls
    {
        get { lock (_gate) return [.. _hookCalls]; }
    }

    public bool IsFrozen
    {
        get { lock (_gate) return _frozen; }
    }

    /// <summary>How many freezes there were so far.</summary>
    public int Epoch
    {
        get { lock (_gate) return _freezes.Count; }
    }

    public IReadOnlyList<Freeze> Freezes
    {
        get { lock (_gate) return [.. _freezes]; }
    }

    /// <summary>The longest time that it was frozen at one stretch, the present one included.</summary>
    public TimeSpan LongestFrozen
    {
        get { lock (_gate) return _freezes.Select(freeze => freeze.Lasted(_vm.Now)).DefaultIfEmpty().Max(); }
    }

    /// <summary>Passwords set by the agent, by user, as they came (base64).</summary>
    public Dictionary<string, string> Passwords { get; } = [];

    public GuestAccounts Accounts { get; } = new();

    /// <summary>What guest-exec can run: arguments and standard input to exit code, output and errors.</summary>
    public Dictionary<string, GuestProgram> Programs { get; } = GuestPrograms.Usual();

    /// <summary>What guest-exec was given last; null: the agent's own.</summary>
    public IReadOnlyList<string>? LastEnvironment { get; internal set; }

    public GuestFiles Files { get; } = new();

    /// <summary>Completes when the guest is not frozen.</summary>
    public Task WhenThawed()
    {
        lock (_gate) return _thawed.Task;
    }

    /// <summary>Another tool (a running vzdump, a script) freezes it.</summary>
    public int FreezeBySomebodyElse() => Freeze(null, default);

    public int ThawBySomebodyElse() => Thaw(default);

    /// <exception cref="QemuException">The hook failed: nothing is frozen.</exception>
    internal int Freeze(IReadOnlyCollection<string>? mounts, Client by)
    {
        lock (_gate)
        {
            if (RunHook("freeze") is var status and not 0) throw HookFailed(status);
            var frozen = Disks.Select(disk => disk.Mountpoint).OfType<string>()
                .Where(mount => !Unfreezable.Contains(mount) && (mounts is null || mounts.Contains(mount))).ToHashSet();
            // A freeze of nothing has run the hook, and leaves the status thawed: the caller must still thaw.
            if (frozen.Count == 0) return 0;
            _frozenMounts = frozen;
            _frozen = true;
            _thawed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var freeze = new Freeze(_freezes.Count + 1, _vm.Now, frozen.Count, by);
            _freezes.Add(freeze);
            _vm.Tell("freeze", "", by, freeze.Epoch, frozen.Count, true);
            return frozen.Count;
        }
    }

    /// <exception cref="QemuException">The hook failed, or VSS gave up before: the file systems are thawed all the
    /// same.</exception>
    internal int Thaw(Client by)
    {
        lock (_gate)
        {
            var count = _frozenMounts.Count;
            var late = OsId == "mswindows" && _frozen && _freezes[^1].Lasted(_vm.Now) > TimeSpan.FromSeconds(10);
            EndFreeze(by);
            var status = RunHook("thaw");
            if (late) throw new QemuException("couldn't hold writes: fsfreeze is limited up to 10 seconds: ");
            return status == 0 ? count : throw HookFailed(status);
        }
    }

    /// <summary>The guest booted anew.</summary>
    internal void Reboot()
    {
        lock (_gate) EndFreeze(default);
    }

    /// <summary>Commands that its administrator blocked (--block-rpcs).</summary>
    public HashSet<string> Blocked { get; } = [];

    /// <summary>What guest-fstrim says of each file system; null: it is trimmed.</summary>
    public string? TrimError { get; set; }

    internal void Suspend() => _vm.Suspend();

    internal void ShutDown(string mode) => _vm.ShutDownByGuest(mode);

    private void EndFreeze(Client by)
    {
        if (!_frozen) return;
        var count = _frozenMounts.Count;
        _frozenMounts = [];
        _frozen = false;
        _freezes[^1] = _freezes[^1] with { ThawedAt = _vm.Now, ThawedBy = by };
        _vm.Tell("thaw", "", by, _freezes.Count, count, false);
        _thawed.TrySetResult();
    }

    private int RunHook(string argument)
    {
        if (Reports is { } reports) return reports.Run(argument);
        if (!HasHook) return 0;
        _hookCalls.Add(argument);
        return HookStatus[argument];
    }

    private static QemuException HookFailed(int status) => new($"fsfreeze hook has failed with status {status}");

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
