namespace QgaOrchestrator.Qemu.Cut;

/// <summary>
/// One way to cut and copy a VM's disks, with all of its parts: its options, what it warns of, what it checks, its
/// <see cref="ICut"/>, and what it does about an attempt that a crash has left. Nobody outside of its folder names it: callers
/// ask for what it can do.
/// </summary>
public interface ICutMethod
{
    /// <summary>As in a backup's option <c>method</c> and in point.json.</summary>
    string Name { get; }

    /// <summary>What it does, a line for help and docs.</summary>
    string Summary { get; }

    /// <summary>The options of a backup that are this method's own.</summary>
    IReadOnlyList<CutOption> Options { get; }

    /// <summary>QEMU writes the images, so its user must be able to write to their directory. False: we do, or a program that has
    /// our rights.</summary>
    bool QemuWritesImages { get; }

    /// <summary>All disks are cut at one instant, frozen or not.</summary>
    bool CutsAtOneInstant { get; }

    /// <summary>The directory of its records, by its name in the node's data directory; null: it keeps none.</summary>
    string? Records { get; }

    /// <summary>Reads its own keys of the config's section Freeze; null: it has none. What is wrong is told by key.</summary>
    CutSettings? ReadSettings(ICutKeys keys);

    /// <summary>What is wrong with its own options; empty: nothing.</summary>
    IEnumerable<CutOptionFault> Check(IReadOnlyDictionary<string, string> own);

    /// <summary>What its user must know of this VM before a run: it looks only, and stops nothing.</summary>
    /// <exception cref="Monitor.MonitorException">The machine does not answer.</exception>
    Task<IReadOnlyList<CutWarning>> WarningsAsync(CutJob job);

    /// <summary>Whether an earlier attempt keeps the VM from being cut: it looks only.</summary>
    /// <exception cref="CutException">It does; with the remedy.</exception>
    void RequireSettled(CutJob job);

    /// <exception cref="CutException">It cannot cut this machine.</exception>
    ICut Make(CutJob job);

    /// <summary>Finishes what an earlier attempt left active in the VM. Before anything else is done with its disks.</summary>
    /// <param name="unsettled">Asks for the hashes (<see cref="CutNames.Hash"/>) of the attempts that their runs have not
    /// settled: each of these finishes by itself what it left. Called only where something was left.</param>
    /// <exception cref="CutException">Something is still active; with the remedy.</exception>
    Task RecoverAsync(CutJob job, Func<Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel);

    /// <summary>Removes what belongs to no attempt that is under way.</summary>
    /// <param name="unsettled">Hashes (<see cref="CutNames.Hash"/>) of the attempts that their runs have not settled.</param>
    /// <returns>The names that were removed.</returns>
    /// <exception cref="CutException">The machine does not answer, or something could not be removed.</exception>
    Task<IReadOnlyList<string>> SweepAsync(CutJob job, IReadOnlySet<string> unsettled, CancellationToken cancel);

    /// <summary>What the VM's operator must know at each start of the node, since an attempt left it so; null: nothing.</summary>
    /// <param name="vm">As in HOST~VM.</param>
    string? Reminder(CutHost host, string vm);

    /// <summary>Hashes of all attempts on this host that left something active: their runs are needed yet.</summary>
    /// <exception cref="CutException">A record of one cannot be read.</exception>
    IEnumerable<string> Active(CutHost host);
}

/// <summary>An option of a backup that some methods have as their own.</summary>
/// <param name="Name">The member of <c>options</c> in POST /v1/runs.</param>
/// <param name="Value">What a value looks like, as in <c>NAME</c>.</param>
/// <param name="Help">What it is, a clause.</param>
public sealed record CutOption(string Name, string Value, string Help);

/// <summary>What is wrong with an option.</summary>
/// <param name="Option">Its name.</param>
/// <param name="Reason">A sentence without its full stop.</param>
public sealed record CutOptionFault(string Option, string Reason);

/// <summary>What a method's user must know of a VM before a run.</summary>
/// <param name="What">A clause.</param>
/// <param name="Remedy">A sentence without its full stop.</param>
public sealed record CutWarning(string What, string Remedy);
