using QgaOrchestrator.Actors.Messages;

namespace QgaOrchestrator.Actors;

/// <summary>Whether a host's node is a member of the cluster, as its API names it.</summary>
public enum HostState
{
    Up,
    Joining,
    Leaving,
    /// <summary>It does not answer, or is no member: nothing can be asked of its VMs.</summary>
    Unreachable,
}

/// <summary>A host as the node that was asked sees it.</summary>
/// <param name="Facts">What it told last; null: nothing yet.</param>
/// <param name="Clock">Its clock less this node's, as its last message came; the way of that is not known and
/// counts.</param>
/// <param name="AsOf">When it told that, by this node's clock.</param>
public sealed record HostStatus(string Host, HostState State, HostFacts? Facts, TimeSpan? Clock, DateTimeOffset? AsOf);
