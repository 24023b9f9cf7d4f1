using System.Text.Json;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>What a backup's outcome tells of its own. The names of its members are a stored format.</summary>
/// <param name="FrozenMs">From frozen to thawed, as the host saw it; null: it was not frozen, or nobody knows.</param>
/// <param name="Point">The recovery point that was made.</param>
public sealed record BackupValues(double? FrozenMs = null, PointMade? Point = null)
{
    private static readonly BackupValues None = new();

    /// <param name="own">Of an outcome, or of an item's view.</param>
    public static BackupValues Of(OwnValues? own) =>
        own is null ? None : JsonSerializer.SerializeToElement(own, BackupJson.Default.OwnValues)
            .Deserialize(BackupJson.Default.BackupValues) ?? None;

    public OwnValues ToOwn() => OwnValues.Of(this, BackupJson.Default.BackupValues);
}
