using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>An error as RFC 9457 problem details, with members of ours.</summary>
/// <param name="Code">Stable, for programs: see <see cref="ProblemCodes"/>.</param>
/// <param name="Remedy">What the caller can do, a sentence.</param>
public sealed record Problem(string Title, int Status, string Code, string? Detail = null, string? Remedy = null)
{
    /// <summary>A URI that names the kind of problem.</summary>
    public string Type { get; init; } = "about:blank";
    public string? Instance { get; init; }
    /// <summary>Everything that is wrong with the request: member → what is wrong with it.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
    /// <summary>What an ambiguous name may mean: VMs as host/name.</summary>
    public IReadOnlyList<string>? Candidates { get; init; }
    /// <summary>The agent's own error, where there is one: class and desc as on the wire.</summary>
    public ProblemAgentError? Agent { get; init; }
    /// <summary>Members that this version does not know.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Extensions { get; set; }
}

/// <summary>An agent's error as on the wire.</summary>
public sealed record ProblemAgentError(string? Class, string Desc);

/// <summary>Stable codes; a newer node may send others.</summary>
public static class ProblemCodes
{
    /// <summary>400: a body, an option, a selector or an argument is wrong.</summary>
    public const string BadRequest = "bad-request";
    /// <summary>400: the selection splits a consistency group.</summary>
    public const string GroupSplit = "group-split";
    /// <summary>401: no token, or not one of ours.</summary>
    public const string Unauthorized = "unauthorized";
    /// <summary>403: the token's role does not allow it.</summary>
    public const string Forbidden = "forbidden";
    public const string NotFound = "not-found";
    /// <summary>409: a VM's name means several; candidates lists them.</summary>
    public const string AmbiguousVm = "ambiguous-vm";
    /// <summary>409: the guest's agent has the command disabled: by its administrator, or as not for its system.</summary>
    public const string CommandDisabled = "command-disabled";
    /// <summary>409: the guest is frozen, or a window is open.</summary>
    public const string Frozen = "frozen";
    /// <summary>409: the guest was frozen by somebody else; force thaws it.</summary>
    public const string NotOurs = "not-ours";
    /// <summary>409: a guest that suspends itself to memory could not be woken, or QEMU refuses to wake it.</summary>
    public const string CannotWake = "cannot-wake";
    /// <summary>409: only a suspended guest is woken.</summary>
    public const string NotSuspended = "not-suspended";
    /// <summary>409: the run, the point or the key is not in a state for this.</summary>
    public const string Conflict = "conflict";
    /// <summary>409: a node of an earlier version does not know what is asked for.</summary>
    public const string UpgradeInProgress = "upgrade-in-progress";
    /// <summary>409: a run that sets passwords needs somebody who can open them: qgactl escrow init or add.</summary>
    public const string NoRecipient = "no-recipient";
    /// <summary>422: the agent answered with an error; agent holds it.</summary>
    public const string AgentError = "agent-error";
    /// <summary>409: what arrived in the guest has another SHA-256 than what was sent.</summary>
    public const string ChecksumMismatch = "checksum-mismatch";
    /// <summary>422: a step in the guest, which its agent executed, failed there.</summary>
    public const string GuestFailed = "guest-failed";
    /// <summary>502: the agent answered with another shape than the command's; it may have been executed.</summary>
    public const string NotUnderstood = "not-understood";
    /// <summary>413: the body is larger than the request may have.</summary>
    public const string TooLarge = "too-large";
    /// <summary>408: the body came too slowly.</summary>
    public const string TooSlow = "too-slow";
    /// <summary>429: the token has too much under way, or asks too often; Retry-After says when to ask again. Nothing was
    /// done.</summary>
    public const string TooManyRequests = "too-many-requests";
    public const string QueueFull = "queue-full";
    /// <summary>503: no agent answers, or its VM or host is not there.</summary>
    public const string Unreachable = "unreachable";
    /// <summary>503: a store of the node cannot be read or written; Retry-After says when to ask again.</summary>
    public const string StoreUnavailable = "store-unavailable";
    /// <summary>503: the node is starting or stopping.</summary>
    public const string NotReady = "not-ready";
    /// <summary>504: sent, not answered; it may have happened.</summary>
    public const string UnknownOutcome = "unknown-outcome";
    public const string Internal = "internal";
}
