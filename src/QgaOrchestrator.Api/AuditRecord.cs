namespace QgaOrchestrator.Api;

/// <summary>One entry of the node's audit log.</summary>
/// <param name="Number">From 1, without gaps.</param>
/// <param name="Hash">SHA-256 over the entry and the one before, lower-case hex.</param>
/// <param name="At">UTC.</param>
/// <param name="Who">The token's name, or nobody.</param>
/// <param name="From">The caller's address.</param>
/// <param name="What">The agent command, or method and route.</param>
/// <param name="Vm">As the caller named it.</param>
/// <param name="Outcome">asked, done, refused, failed or unknown.</param>
/// <param name="Code">The problem's code, where it was not done.</param>
/// <param name="Detail">What more there is to tell, in words.</param>
public sealed record AuditRecord(
    long Number, string Hash, DateTimeOffset At, string Who, string? From, string What, string? Vm, string? Run, string Host,
    string Outcome, string? Code, string? Detail = null);

/// <summary>The audit log's chain, computed again.</summary>
/// <param name="Entries">How many are as they were written, from the first on.</param>
/// <param name="Head">The last one's hash; an older copy kept elsewhere shows a tail that was cut off.</param>
/// <param name="Broken">The number of the first that is not; null where all are.</param>
public sealed record AuditChain(long Entries, string Head, long? Broken);
