using QgaOrchestrator.Core.Hosts;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>This process of the host's node, and how old it is.</summary>
public sealed class HostEpoch(TimeProvider time)
{
    private readonly Guid _id = Guid.NewGuid();
    private readonly long _begun = time.GetTimestamp();

    public HostMoment Now => new(_id, time.GetElapsedTime(_begun));
}
