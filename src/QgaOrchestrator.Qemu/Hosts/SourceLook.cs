using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts;

/// <summary>What one look of a source has found.</summary>
public record SourceLook(IReadOnlyList<FoundVm> Vms, IReadOnlyList<LookFault> Faults);

/// <summary>A VM as it is found, whatever its name is.</summary>
/// <param name="Identity">The same for one VM that is found twice: the first has named it. Null: nothing of it is there.</param>
/// <param name="Place">Where it is, to be shown to people.</param>
public sealed record FoundVm(string Name, IHostKind Kind, VmAddress Address, string? Identity, string Place)
{
    /// <summary>Nothing of it is there, or it cannot be seen whether; null: it is there.</summary>
    public VmObstacle? Missing { get; init; }

    /// <summary>It may not be used as the config says, there or not; null: it may.</summary>
    public VmObstacle? Refusal { get; init; }

    /// <summary>Why nothing can be asked of its guest, though its machine can; null: it can.</summary>
    public VmObstacle? NoAgent { get; init; }

    /// <summary>All that is in its way.</summary>
    public IEnumerable<VmObstacle> Obstacles => new[] { Missing, Refusal, NoAgent }.OfType<VmObstacle>();

    /// <summary>What its kind says of it for selectors; what the fleet's file says of the same key holds.</summary>
    public VmLabels Labels { get; init; } = VmLabels.None;
}

/// <summary>What keeps a VM from being served.</summary>
/// <param name="Reason">A clause.</param>
/// <param name="Remedy">A sentence without its full stop.</param>
public sealed record VmObstacle(string Reason, string Remedy);

/// <summary>Why VMs may be where a source cannot look.</summary>
/// <param name="Reason">A clause.</param>
/// <param name="Remedy">A sentence without its full stop.</param>
/// <param name="Blinds">VMs that run are not seen. False: there is nothing to see yet.</param>
public sealed record LookFault(string Reason, string Remedy, bool Blinds);
