using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>What a cut is made of: one machine, on one host, with the method's own options.</summary>
/// <param name="Vm">As in HOST~VM.</param>
public sealed record CutJob(CutHost Host, string Vm, IMachine Machine)
{
    /// <summary>As <see cref="ICutMethod.Check"/> has found them in order.</summary>
    public IReadOnlyDictionary<string, string> Own { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the VM is reached, for a method that needs more of its host than the machine; null: it is not
    /// known.</summary>
    public VmAddress? Address { get; init; }

    /// <summary>Whatever is prepared is undone at once: the VM is only checked.</summary>
    public bool IsRehearsal { get; init; }

    /// <summary>A machine that cuts itself through QMP.</summary>
    /// <exception cref="CutException">It does not.</exception>
    internal IQmpMachine Qmp(ICutMethod method) => Machine as IQmpMachine
        ?? throw new CutException($"method {method.Name} needs QEMU's monitor, and this kind of host has none",
            "Use another method for this VM.");
}

/// <summary>The host that cuts are made on: the same for all of its VMs.</summary>
/// <param name="DataDirectory">The node's own. A method keeps its records in a directory below it.</param>
public sealed record CutHost(string DataDirectory, TimeProvider Time)
{
    /// <summary>What the config says for the methods (<see cref="ICutMethod.ReadSettings"/>).</summary>
    public IReadOnlyList<CutSettings> Settings { get; init; } = [];

    public CutLimits Limits { get; init; } = new();

    /// <summary>Where a method keeps its records.</summary>
    internal string Records(ICutMethod method) => Path.Combine(DataDirectory, method.Records
        ?? throw new InvalidOperationException($"method {method.Name} keeps no records"));
}
