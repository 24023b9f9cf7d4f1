using System.Text.Json.Serialization;

namespace QgaOrchestrator.Actors.Audit;

/// <summary>One entry of the audit log: what somebody asked of this node, or what became of it. No argument is ever in it.</summary>
/// <param name="At">UTC.</param>
/// <param name="Who">The token's name; "nobody" where none was valid.</param>
/// <param name="From">The caller's address.</param>
/// <param name="What">The agent command, or method and route's template.</param>
/// <param name="Vm">As the caller named it.</param>
/// <param name="Run">The run it is about, or that it started.</param>
/// <param name="Host">The node that was asked.</param>
/// <param name="Outcome">asked (written before anything is done), done, refused, failed or unknown.</param>
/// <param name="Code">The problem's code, where it was not done.</param>
public sealed record AuditEntry(
    DateTimeOffset At, string Who, string? From, string What, string? Vm, string? Run, string Host, string Outcome, string? Code)
{
    /// <summary>What more there is to tell, in words.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }
}

/// <summary>An entry in its place in the chain.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Hash">SHA-256 of the previous entry's hash and this entry's JSON, lower-case hex.</param>
public sealed record AuditLine(long Number, string Hash, AuditEntry Entry);

/// <summary>What a look at the whole chain found.</summary>
/// <param name="Head">The last good hash: keep a copy elsewhere, since a cut-off tail shows only by it.</param>
/// <param name="Broken">The first number that is not what was written; null where all are.</param>
public sealed record AuditCheck(long Entries, string Head, long? Broken);

/// <summary>The stored format: a changed member would break no hash, since the text itself is hashed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class AuditJson : JsonSerializerContext;
