using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// What agents tell of themselves, each version kept once: the list of its commands takes 4 KB, and a host's guests have few
/// versions. One a host; any thread may ask.
/// </summary>
public sealed class KnownAgents
{
    /// <summary>A hostile guest may tell something else each time: what was not told for longest is not kept.</summary>
    private const int Most = 64;

    private readonly Lock _gate = new();
    private readonly LinkedList<AgentInfo> _known = new();

    /// <returns>An equal one that is known, or this one.</returns>
    public AgentInfo Share(AgentInfo told)
    {
        lock (_gate)
        {
            var same = _known.First;
            while (same is not null && !AreEqual(same.Value, told)) same = same.Next;
            if (same is not null) _known.Remove(same);
            else if (_known.Count == Most) _known.RemoveLast();
            return _known.AddFirst(same?.Value ?? told).Value;
        }
    }

    private static bool AreEqual(AgentInfo one, AgentInfo other) =>
        ReferenceEquals(one, other)
        || (one.Version == other.Version && one.SupportedCommands.SequenceEqual(other.SupportedCommands));
}
