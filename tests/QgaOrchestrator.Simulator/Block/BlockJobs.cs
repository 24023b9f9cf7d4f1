namespace QgaOrchestrator.Simulator;

/// <summary>
/// The jobs of one QEMU process: their states, their events in QEMU's order, and their faults. Guarded by the graph's lock.
/// </summary>
public sealed class BlockJobs
{
    private readonly SimulatedVm _vm;
    private readonly BlockGraph _graph;
    private readonly List<BlockJob> _jobs = [];
    private readonly List<JobFault> _faults = [];
    private readonly List<string> _stalls = [];

    internal BlockJobs(SimulatedVm vm, BlockGraph graph) => (_vm, _graph) = (vm, graph);

    /// <summary>How long a copy takes where no speed limits it.</summary>
    public TimeSpan CopyTime { get; set; } = TimeSpan.FromMilliseconds(50);

    public IReadOnlyList<BlockJob> All
    {
        get { lock (_graph.Sync) return [.. _jobs]; }
    }

    /// <summary>
    /// Jobs of this type (create, backup, commit, `*`) fail with this error when they have done that part: `No space left on
    /// device` is a full target. Dispose it to end the fault.
    /// </summary>
    public IDisposable Fail(string type, string error, double at = 0.5) => AddFault(new JobFault(this, type, error, at));

    /// <summary>Jobs of this type stand still when they have done that part, until disposed.</summary>
    public IDisposable Hold(string type, double at = 0.5) => AddFault(new JobFault(this, type, null, at));

    /// <summary>The next job of this type is paused as it begins, and never resumed, as QEMU 7.2 may leave
    /// it.</summary>
    public void Stall(string type)
    {
        lock (_graph.Sync) _stalls.Add(type);
    }

    /// <summary>All faults of jobs end; what stands still continues.</summary>
    public void Heal()
    {
        lock (_graph.Sync)
        {
            _faults.Clear();
            GoOn();
        }
    }

    internal BlockJob Find(string id) => _jobs.Find(job => job.Id == id) ?? throw new QemuException("Job not found");

    internal BlockJob FindBlock(string id) =>
        _jobs.Find(job => job.Id == id && job.Type != "create")
        ?? throw new QemuException($"Block job '{id}' not found", "DeviceNotActive");

    internal void CheckId(string id)
    {
        if (id.Length == 0 || !char.IsAsciiLetter(id[0]) || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
            throw new QemuException($"Invalid job ID '{id}'");
        if (_jobs.Exists(job => job.Id == id)) throw new QemuException($"Job ID '{id}' already in use");
    }

    internal void Create(BlockJob job)
    {
        _jobs.Add(job);
        foreach (var node in job.Nodes) node.Job = job;
        SetStatus(job, "created");
    }

    /// <summary>An action of the same transaction failed: as if it had never been.</summary>
    internal void RollBack(BlockJob job)
    {
        Free(job);
        _vm.Monitor.EmitJob(job, "aborting");
        SetStatus(job, "concluded");
        Dismiss(job);
    }

    /// <summary>It runs: first what the command asks (outside the lock), then at its speed to the end.</summary>
    internal void Run(BlockJob job, Action? work = null)
    {
        SetStatus(job, "running");
        if (job.Type == "backup")
        {
            _vm.Monitor.EmitJob(job, "paused");
            _vm.Monitor.EmitJob(job, "running");
        }
        if (_stalls.Remove(job.Type))
        {
            SetStatus(job, "paused");
            return;
        }
        SetSpeed(job, job.Speed);
        _ = Task.Run(() => Life(job, work));
    }

    internal void SetSpeed(BlockJob job, long speed)
    {
        job.Speed = speed;
        var free = CopyTime > TimeSpan.Zero ? job.Length / CopyTime.TotalSeconds : double.MaxValue / 4;
        job.CopyAt(job.Type == "create" ? double.MaxValue / 4 : speed > 0 ? Math.Min(speed, free) : free);
    }

    internal void Cancel(BlockJob job)
    {
        Check(job, "cancel", "created", "running", "paused", "ready", "pending");
        End(job, "Operation canceled", cancelled: true);
        job.Poke();
    }

    internal void Finalize(BlockJob job)
    {
        Check(job, "finalize", "pending");
        Conclude(job);
    }

    internal static void Complete(BlockJob job)
    {
        Check(job, "complete", "ready");
        job.Completing.TrySetResult();
    }

    internal void Dismiss(BlockJob job)
    {
        Check(job, "dismiss", "concluded");
        _jobs.Remove(job);
        SetStatus(job, "null");
    }

    private static void Check(BlockJob job, string verb, params ReadOnlySpan<string> allowed)
    {
        if (!allowed.Contains(job.Status))
            throw new QemuException($"Job '{job.Id}' in state '{job.Status}' cannot accept command verb '{verb}'");
    }

    private async Task Life(BlockJob job, Action? work)
    {
        var error = await Copy(job);
        lock (_graph.Sync)
        {
            if (job.HasEnded) return;
        }
        if (error is null && work is not null)
        {
            try
            {
                work();
            }
            catch (Exception failed) when (failed is QemuException or IOException)
            {
                error = failed.Message;
            }
        }
        if (error is null && job.Type == "commit" && !await WaitForComplete(job)) return;
        lock (_graph.Sync)
        {
            if (!job.HasEnded) End(job, error, cancelled: false);
        }
    }

    // Null: copied to the end (or cancelled, which has ended it).
    private async Task<string?> Copy(BlockJob job)
    {
        while (true)
        {
            TimeSpan? wait;
            Task changed;
            lock (_graph.Sync)
            {
                if (job.HasEnded) return null;
                var fault = _faults.Find(fault => fault.Type == "*" || fault.Type == job.Type);
                wait = job.Until(job.Length * (fault?.At ?? 1.0));
                if (wait == TimeSpan.Zero && fault is null) return null;
                if (wait == TimeSpan.Zero && fault!.Error is not null) return fault.Error;
                if (wait == TimeSpan.Zero)
                {
                    job.CopyAt(0);
                    wait = null;
                }
                changed = job.Changed.Task;
            }
            await (
                wait is { } time
                    ? Task.WhenAny(Task.Delay(time, _vm.Time, _vm.Gone), changed)
                    : Task.WhenAny(changed, _vm.WhenGone)
            );
            if (_vm.Gone.IsCancellationRequested)
                return "gone";
        }
    }

    private async Task<bool> WaitForComplete(BlockJob job)
    {
        lock (_graph.Sync)
        {
            if (job.HasEnded) return false;
            SetStatus(job, "ready");
            _vm.Monitor.EmitBlockJob("BLOCK_JOB_READY", job);
        }
        await Task.WhenAny(job.Completing.Task, job.Changed.Task, _vm.WhenGone);
        return job.Completing.Task.IsCompleted;
    }

    private void End(BlockJob job, string? error, bool cancelled)
    {
        if (error is not null)
        {
            job.Error = error;
            Free(job);
            _vm.Monitor.EmitJob(job, "aborting");
            if (job.Type != "create") _vm.Monitor.EmitBlockJob(cancelled ? "BLOCK_JOB_CANCELLED" : "BLOCK_JOB_COMPLETED", job);
            Concluded(job);
            return;
        }
        _vm.Monitor.EmitJob(job, "waiting");
        SetStatus(job, "pending");
        if (job.AutoFinalize) Conclude(job);
        else _vm.Monitor.EmitPending(job);
    }

    private void Conclude(BlockJob job)
    {
        Free(job);
        job.OnSuccess?.Invoke();
        if (job.Type != "create") _vm.Monitor.EmitBlockJob("BLOCK_JOB_COMPLETED", job);
        Concluded(job);
    }

    private void Concluded(BlockJob job)
    {
        job.CopyAt(0);
        SetStatus(job, "concluded");
        _vm.Tell("job", $"{job.Type} {job.Id} {job.Error ?? "done"}");
        if (job.AutoDismiss) Dismiss(job);
    }

    private void Free(BlockJob job)
    {
        foreach (var node in job.Nodes) node.Job = null;
        if (job.Filter is { } filter) _graph.Remove(filter);
        job.Filter = null;
    }

    private void SetStatus(BlockJob job, string status)
    {
        job.Status = status;
        _vm.Monitor.EmitJob(job, status);
    }

    private JobFault AddFault(JobFault fault)
    {
        lock (_graph.Sync)
        {
            _faults.Insert(0, fault);
            foreach (var job in _jobs) job.Poke();
        }
        return fault;
    }

    /// <summary>Also of a job that has not come to its fault yet: whatever the copy takes from now on holds for it,
    /// too.</summary>
    private void GoOn()
    {
        foreach (var job in _jobs)
            if (job.HasEnded) job.Poke();
            else SetSpeed(job, job.Speed);
    }

    private sealed record JobFault(BlockJobs Jobs, string Type, string? Error, double At) : IDisposable
    {
        public void Dispose()
        {
            lock (Jobs._graph.Sync)
            {
                Jobs._faults.Remove(this);
                Jobs.GoOn();
            }
        }
    }
}
