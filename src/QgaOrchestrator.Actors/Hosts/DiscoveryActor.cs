using Akka.Actor;
using Akka.Event;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// Looks which VMs are on this host, every half second, or every two where there are many, and tells its
/// <see cref="HostActor"/> when that changed. Apart from it, because a directory on a dead mount may hold up whoever reads it.
/// </summary>
internal sealed class DiscoveryActor : ReceiveActor, IWithTimers
{
    private sealed record Look : INoSerializationVerificationNeeded;

    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(500), Latest = TimeSpan.FromSeconds(2);

    /// <summary>The pause after a look, in times of that: a host of many VMs is looked at less often.</summary>
    private const int TimesLook = 500;

    private HostScan? _found;
    private string? _fault;

    public DiscoveryActor(Func<HostScan> scan, IActorRef host, TimeProvider time)
    {
        Receive<Look>(_ =>
        {
            var began = time.GetTimestamp();
            try
            {
                var found = scan();
                if (!found.IsAs(_found))
                {
                    Tell(found);
                    host.Tell(new VmsFound(_found = found));
                }
                _fault = null;
            }
            // Whatever it is: the next look is due then, and not at once.
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                if (_fault != e.Message) Context.GetLogger().Error("Cannot look for VMs: {0}", _fault = e.Message);
            }
            var pause = time.GetElapsedTime(began) * TimesLook;
            Timers.StartSingleTimer("look", new Look(), pause < Soonest ? Soonest : pause > Latest ? Latest : pause);
        });
        Self.Tell(new Look());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>What is new and cannot be served, once.</summary>
    private void Tell(HostScan found)
    {
        var log = Context.GetLogger();
        foreach (var fault in found.Faults.Except(_found?.Faults ?? []))
            log.Log(fault.Blinds ? LogLevel.ErrorLevel : LogLevel.WarningLevel, null, "{0}", fault);
        foreach (var vm in found.Unserved.Except(_found?.Unserved ?? []))
            log.Warning("{0}: {1}. {2}", vm.Id, vm.Obstacle.Reason, vm.Obstacle.Remedy);
    }
}
