using Akka.Actor;
using Akka.Hosting;
using QgaOrchestrator.Actors.Hosts;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>The node's actors, as they are started and stopped.</summary>
public interface INodeActors
{
    /// <summary>Starts regions and the host's actor; the node is a member of its cluster soon after, not yet before.</summary>
    Task StartAsync(ActorSystem system, IActorRegistry registry);

    /// <summary>Done when every VM that was there at the start is known.</summary>
    Task Discovered { get; }

    /// <summary>What cannot be looked at, as of the last look.</summary>
    IReadOnlyList<SourceFault> Faults { get; }

    /// <summary>Refuses new windows and thaws open ones: the first thing that a shutdown does, before any region stops.</summary>
    Task CloseWindowsAsync();
}
