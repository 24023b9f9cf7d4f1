using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Core.Items;

/// <summary>
/// States of an item, as the contract names them, and Interrupted: broken by an end of our own process, not by the guest;
/// such an item goes back to pending for another attempt.
/// </summary>
[JsonConverter(typeof(CamelCaseNames<ItemState>))]
public enum ItemState { Pending, Running, Succeeded, Failed, Unreachable, Unknown, Cancelled, Interrupted }

/// <summary>How one attempt of an item ended.</summary>
/// <param name="Item">Index in the run's targets.</param>
/// <param name="Attempt">The attempt that ended.</param>
/// <param name="State">Succeeded, Failed, Unreachable, Unknown, Cancelled or Interrupted.</param>
/// <param name="Reason">Why, in the operator's words; null for a success.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record ItemOutcome(int Item, int Attempt, ItemState State, string? Reason = null, string? Remedy = null)
{
    /// <summary>Who did not allow it: policy (this host's) or guest; null where nobody refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RefusedBy { get; init; }

    /// <summary>Where the VM is now that was moved to another QEMU; null: it was not, or nobody knows where.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VmId? MovedTo { get; init; }

    /// <summary>What the run's kind tells of its own, stored among the other members; null: nothing. Not init: the reader of JSON
    /// cannot give extension data to a constructor.</summary>
    [JsonExtensionData]
    public OwnValues? Values { get; set; }

    /// <summary>The reason of an item that ended because its run was aborted.</summary>
    public const string RunAborted = "the run was aborted";

    public const string Policy = "policy";

    public const string Guest = "guest";

    public static ItemOutcome Interrupted(int item, int attempt, string reason) =>
        new(item, attempt, ItemState.Interrupted, reason);
}
