using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Core.Tests.Kinds.Backup;

/// <summary>What tests of a backup begin with.</summary>
internal static class Backups
{
    public static RecoveryPoint Point(string kind = "filesystem", string? note = null) => new(
        1, "20261122T235647Z-abcdefghij", "vm1", "hv1", null, "r1", null, null, "full", kind, [],
        new PointProof(null, null, null, 2, 2, 1.5, null) { FrozenMs = 20, Note = note })
    {
        Directory = "/points/vm1",
    };
}
