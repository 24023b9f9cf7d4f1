using System.Text.Json.Serialization;

namespace QgaOrchestrator.Actors.Audit;

/// <summary>One entry of the audit log: what somebody asked of this node, or what became of it. No argument is ever in
/// it.</summary>
/// <param name="At">UTC. When it happened: an entry that is written late stands behind later ones.</param>
/// <param name="Who">The token's name; "nobody" where none was valid; node, watchdog or qgactl where no token was needed.</param>
/// <param name="From">The caller's address.</param>
/// <param name="What">The agent command, or method and route's template, or what a run or a thaw of ours did.</param>
/// <param name="Vm">host/name, or as the caller named it.</param>
/// <param name="Run">The run it is about, or that it started.</param>
/// <param name="Host">The node that tells it.</param>
/// <param name="Outcome">One of <see cref="AuditOutcomes"/>.</param>
/// <param name="Code">The problem's code, or the item's state, where it was not done.</param>
public sealed record AuditEntry(
    DateTimeOffset At, string Who, string? From, string What, string? Vm, string? Run, string Host, string Outcome, string? Code)
{
    /// <summary>What more there is to tell, in words.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }

    /// <summary>Names what happened, where it may be told more than once, as after a crash: the log takes it once.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }
}

/// <summary>What became of it.</summary>
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

/// <summary>An entry in its place in the chain.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Hash">SHA-256 of the previous entry's hash and this entry's JSON, lower-case hex.</param>
public sealed record AuditLine(long Number, string Hash, AuditEntry Entry);

/// <summary>Which entries are wanted; a member that is null excludes none.</summary>
/// <param name="Limit">At most so many, the newest.</param>
/// <param name="Before">Only entries with a lower number.</param>
/// <param name="Vm">A VM's name, or host/name.</param>
/// <param name="Since">Happened then or later.</param>
public sealed record AuditQuery(
    int Limit,
    long Before = long.MaxValue,
    string? Vm = null,
    string? Run = null,
    string? Who = null,
    DateTimeOffset? Since = null
);

/// <summary>What a look at the whole chain found.</summary>
/// <param name="Entries">How many of those that are kept.</param>
/// <param name="Head">The last good hash: keep a copy elsewhere, since a cut-off tail shows only by it.</param>
/// <param name="Broken">The first number that is not what was written; null where all are.</param>
/// <param name="Noted">The number of the entry with the hash that was asked for; null where none of the good ones has it.</param>
public sealed record AuditCheck(long Entries, string Head, long? Broken, long? Noted)
{
    /// <summary>The number of the first entry that is kept.</summary>
    public long First { get; init; } = 1;

    /// <summary>What had happened before then was removed; null: nothing was.</summary>
    public DateTimeOffset? KeptFrom { get; init; }
}

/// <summary>The stored format: a changed member would break no hash, since the text itself is hashed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class AuditJson : JsonSerializerContext;
