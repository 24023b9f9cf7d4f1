using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Audit;

/// <summary>
/// The audit entries of thaws that neither a request nor an item's outcome records, taken from the ledger: those by the watchdog
/// or by <c>qgactl thaw --offline</c>, which have no audit log, and those by this node of a caller's own freeze or of a window
/// that it found open.
/// </summary>
internal static class ThawLines
{
    private const string Node = "node";

    /// <summary>For a ledger entry that another process has thawed; else null.</summary>
    public static AuditEntry? ByAnother(LedgerEntry entry, string host) =>
        entry is { Phase: LedgerPhase.Thawed, Facts: { ThawedAt: not null, ThawedBy: { } by } } && by != Node
            ? Line(entry, by, host, null)
            : null;

    /// <summary>For a thaw by this node: of a window that an earlier process left, or of a caller's own freeze, whose thaw may
    /// not have been requested. Null where an item's outcome records it, and where nothing was thawed: the freeze was not sent,
    /// or QEMU has ended.</summary>
    /// <param name="found">The window was found open.</param>
    public static AuditEntry? ByNode(LedgerEntry entry, bool found, string host) =>
        entry.Facts.ThawedAt is null ? null
        : found ? Line(entry, Node, host, "found open after its node or window had ended")
        : entry.Run.Length == 0 ? Line(entry, Node, host, entry.Facts.Broken)
        : null;

    private static AuditEntry Line(LedgerEntry entry, string by, string host, string? why)
    {
        var told = new List<string>();
        if (entry.Facts.ThawedByUser is { } user) told.Add($"by {user}");
        if (why is not null) told.Add(why);
        told.Add($"window {entry.Window}");
        told.Add(
            $"{entry.Facts.Thawed?.ToString() ?? "an unknown number"} of "
                + $"{entry.Facts.Frozen?.ToString() ?? "an unknown number of"} file systems thawed"
        );
        if (entry.Facts.ThawError is { } error)
            told.Add($"thaw said: {error}");
        return new(
            entry.Facts.ThawedAt!.Value, by, null, "thaw", new VmId(host, entry.Vm).ToString(),
            entry.Run.Length == 0 ? null : entry.Run, host, AuditOutcomes.Done, null)
        {
            Detail = string.Join("; ", told),
            Key = $"thaw/{entry.Window}",
        };
    }
}
