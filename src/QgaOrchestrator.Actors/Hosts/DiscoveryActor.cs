using Akka.Actor;
using Akka.Event;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// Looks twice a second which VMs have their sockets on this host, and tells its <see cref="HostActor"/> when that changed.
/// Apart from it, because a directory on a dead mount may hold up whoever reads it.
/// </summary>
internal sealed class DiscoveryActor : ReceiveActor, IWithTimers
{
    private sealed record Look : INoSerializationVerificationNeeded;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private IReadOnlyList<VmSpec>? _found;
    private string? _fault;

    public DiscoveryActor(Func<IReadOnlyList<VmSpec>> scan, IActorRef host)
    {
        Receive<Look>(_ =>
        {
            try
            {
                var found = scan();
                if (_found is null || !found.SequenceEqual(_found)) host.Tell(new VmsFound(_found = found));
                _fault = null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (_fault != e.Message) Context.GetLogger().Error("Cannot look for VMs: {0}", _fault = e.Message);
            }
            Timers.StartSingleTimer("look", new Look(), Interval);
        });
        Self.Tell(new Look());
    }

    public ITimerScheduler Timers { get; set; } = null!;
}
