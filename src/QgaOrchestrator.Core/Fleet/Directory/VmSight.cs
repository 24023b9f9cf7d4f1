using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Fleet.Directory;

/// <summary>One QEMU as the directory knows it: as much as says which of those with one UUID is the VM.</summary>
/// <param name="Id">Host and name.</param>
/// <param name="Uuid">Null: its monitor has not told it.</param>
/// <param name="RunState">Null: its monitor does not tell.</param>
public sealed record VmSight(VmId Id, string? Uuid, string? RunState)
{
    /// <summary>Its guest came in by migration, and is here.</summary>
    public bool CameIn { get; init; }

    /// <summary>Its host is away: it was so then.</summary>
    public bool IsAway { get; init; }

    /// <summary>Frozen, or perhaps; and by whom.</summary>
    public FreezeWord Freeze { get; init; }

    /// <summary>Its agent answers, and says that it is not frozen.</summary>
    public bool IsSeenThawed { get; init; }
}
