using System.Text.Json.Serialization;

namespace QgaOrchestrator.Actors.Stores;

/// <summary>One entry of the audit log: what was asked of this node, or how it ended. It never holds an argument.</summary>
/// <param name="At">UTC, kept to the millisecond. When it happened; an entry that is written late stands after newer
/// ones.</param>
/// <param name="Who">The token's name; "nobody" without a valid one; node, watchdog or qgactl where none was needed.</param>
/// <param name="From">The caller's address.</param>
/// <param name="What">The agent command, the method and the route's template, or what a run or a thaw of the node did.</param>
/// <param name="Vm">host/name, or as the caller named it.</param>
/// <param name="Run">The run that it concerns or started.</param>
/// <param name="Host">The node that wrote it.</param>
/// <param name="Outcome">One of <see cref="AuditOutcomes"/>.</param>
/// <param name="Code">The problem's code or the item's state, where it was not done.</param>
public sealed record AuditEntry(
    DateTimeOffset At, string Who, string? From, string What, string? Vm, string? Run, string Host, string Outcome, string? Code)
{
    /// <summary>More about it, in words.</summary>
    public string? Detail { get; init; }

    /// <summary>Identifies what happened, where it may be reported again after a crash: the log takes it once.</summary>
    public string? Key { get; init; }
}

/// <summary>How it ended.</summary>
public static class AuditOutcomes
{
    /// <summary>Written before anything is done.</summary>
    public const string Asked = "asked";
    /// <summary>A run's item is under way from here on.</summary>
    public const string Started = "started";
    public const string Done = "done";
    public const string Refused = "refused";
    public const string Failed = "failed";
    public const string Unknown = "unknown";
}

/// <summary>An entry at its place in the chain.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Hash">SHA-256 of the previous entry's hash and this entry's JSON, lower-case hex.</param>
public sealed record AuditLine(long Number, string Hash, AuditEntry Entry);

/// <summary>Which entries to list; a member that is null excludes none.</summary>
/// <param name="Limit">At most this many, the newest ones.</param>
/// <param name="Before">Only entries with a lower number.</param>
/// <param name="Vm">A VM's name, or host/name.</param>
/// <param name="Since">Only what happened at this time or later.</param>
public sealed record AuditQuery(
    int Limit,
    long Before = long.MaxValue,
    string? Vm = null,
    string? Run = null,
    string? Who = null,
    DateTimeOffset? Since = null
);

/// <summary>The result of a check of the whole chain.</summary>
/// <param name="Entries">How many good entries there are, of those that are kept.</param>
/// <param name="Head">The last good hash. Note it elsewhere: only a noted head shows that the end was cut off.</param>
/// <param name="Broken">The first number that is not what was written; null where all are.</param>
/// <param name="Noted">The number of the good entry with the noted hash; null where there is none.</param>
public sealed record AuditCheck(long Entries, string Head, long? Broken, long? Noted)
{
    /// <summary>The number of the first entry that is kept.</summary>
    public long First { get; init; } = 1;

    /// <summary>Older entries may have been removed; null: none was.</summary>
    public DateTimeOffset? KeptFrom { get; init; }
}

/// <summary>The stored format; what is null is not in it. A member that changes breaks no hash, because the text itself is
/// hashed.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class AuditJson : JsonSerializerContext;
