using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>One entry of the node's audit log.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Hash">SHA-256 over the entry and the one before, lower-case hex.</param>
/// <param name="At">UTC. When it happened: an entry that was written late stands behind later ones.</param>
/// <param name="Who">The token's name; nobody without a valid one; node, watchdog or qgactl where none was needed.</param>
/// <param name="From">The caller's address.</param>
/// <param name="What">The agent command, or method and route, or what a run (its kind) or a thaw of ours did.</param>
/// <param name="Vm">host/name, or as the caller named it.</param>
/// <param name="Outcome">asked (before it was done), started (a run's item), done, refused, failed or unknown.</param>
/// <param name="Code">The problem's code, or the item's state, where it was not done.</param>
/// <param name="Detail">What more there is to tell, in words.</param>
public sealed record AuditRecord(
    long Number, string Hash, DateTimeOffset At, string Who, string? From, string What, string? Vm, string? Run, string Host,
    string Outcome, string? Code, string? Detail = null);

/// <summary>The audit log's chain, computed again.</summary>
/// <param name="Entries">How many are as they were written, from the first that is kept on.</param>
/// <param name="Head">The last one's hash; an older copy kept elsewhere shows a tail that was cut off.</param>
/// <param name="Broken">The number of the first that is not; null where all are.</param>
/// <param name="Noted">Of the head that was asked for: its entry's number; null where no good entry has that hash.</param>
public sealed record AuditChain(long Entries, string Head, long? Broken, long? Noted = null)
{
    /// <summary>The number of the first entry that is kept.</summary>
    public long First { get; init; } = 1;

    /// <summary>What had happened before then was removed; null: nothing was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? KeptFrom { get; init; }
}

/// <summary>Which entries of the audit log are wanted; a member that is null excludes none.</summary>
/// <param name="Vm">A VM's name, or host/name.</param>
/// <param name="Who">A token's name, or nobody, node, watchdog, qgactl.</param>
/// <param name="Since">Happened then or later.</param>
public sealed record AuditFilter(string? Vm = null, string? Run = null, string? Who = null, DateTimeOffset? Since = null);
