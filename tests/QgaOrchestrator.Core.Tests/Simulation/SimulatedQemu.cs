namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>
/// What one attempt after the other makes in a VM's QEMU and beside it: targets, overlays, jobs, by names that derive from
/// the attempt. It answers as QEMU would to whoever looks for them.
/// </summary>
internal sealed class SimulatedQemu(World world, string name, bool overlays)
{
    private sealed record Job(bool Concluded, bool Failed);

    private readonly SortedSet<string> _nodes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Job> _jobs = new(StringComparer.Ordinal);

    /// <summary>Counts its processes.</summary>
    public int Process { get; private set; }

    /// <summary>A transaction is under way until then; whatever is asked of the monitor comes after it.</summary>
    public double BusyUntil { get; set; }

    public double BusyFor => Math.Max(1, BusyUntil - world.Ms);

    /// <summary>Whatever is there beside the VM's own disks.</summary>
    public IReadOnlyList<string> Foreign => [.. _nodes, .. _jobs.Keys];

    /// <summary>Attempts of which something is there.</summary>
    public IReadOnlyList<string> Owners => [.. Foreign.Select(thing => thing[..^2]).Distinct()];

    public void Prepare(string names) => _nodes.Add($"{names}-t");

    /// <summary>The transaction. It needs its targets, and nothing that an earlier one has made.</summary>
    public bool Cut(string names, double copyTakes, bool copyFails)
    {
        if (!_nodes.Contains($"{names}-t") || _jobs.ContainsKey($"{names}-j")) return false;
        if (overlays && !_nodes.Add($"{names}-o")) return false;
        var job = new Job(false, false);
        _jobs[$"{names}-j"] = job;
        world.At(copyTakes, () =>
        {
            if (_jobs.TryGetValue($"{names}-j", out var now) && ReferenceEquals(now, job))
                _jobs[$"{names}-j"] = new Job(true, copyFails);
        });
        return true;
    }

    /// <summary>The copies of this attempt are known as jobs, running or concluded without error.</summary>
    public bool CanFinish(string names) => _jobs.TryGetValue($"{names}-j", out var job) && !job.Failed;

    /// <returns>Null: it copies. False: the copy failed, or is not there.</returns>
    public bool? Copied(string names) =>
        _jobs.TryGetValue($"{names}-j", out var job) ? job.Concluded ? !job.Failed : null : false;

    /// <summary>Its copies are whole: targets and overlays go, the overlay's writes into the disk.</summary>
    public void Detach(string names)
    {
        foreach (var kind in "to") _nodes.Remove($"{names}-{kind}");
    }

    public void Dismiss(string names) => _jobs.Remove($"{names}-j");

    /// <summary>Jobs, nodes and overlays of this attempt, in any state of theirs; an overlay is committed.</summary>
    public void Remove(string names)
    {
        if (Foreign.Any(thing => thing[..^2] == names)) world.Tell($"{name}: {names} is removed from QEMU");
        Dismiss(names);
        Detach(names);
    }

    /// <summary>The process has ended: one that begins from the VM's command line has its own disks alone.</summary>
    public void End()
    {
        Process++;
        _jobs.Clear();
        _nodes.Clear();
    }
}
