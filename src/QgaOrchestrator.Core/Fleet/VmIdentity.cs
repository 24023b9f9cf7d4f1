namespace QgaOrchestrator.Core.Fleet;

/// <summary>What a selector sees of a VM.</summary>
/// <param name="Uuid">As its monitor tells it; null where QEMU was started without one, or was not asked yet.</param>
/// <param name="Group">The consistency group of the fleet's file.</param>
public sealed record VmIdentity(VmId Id, string? Uuid, IReadOnlyDictionary<string, string> Labels, string? Group = null)
{
    public FreezeMode Freeze { get; init; }

    public static IReadOnlyDictionary<string, string> NoLabels { get; } = new Dictionary<string, string>();
}
