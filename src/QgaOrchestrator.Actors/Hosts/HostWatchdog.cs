using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// The node's side of the watchdog: reaches it, beats its heart, and reaches its successor when it is gone. Belongs to the
/// <see cref="HostActor"/>, whose mailbox brings it what it has sent itself.
/// </summary>
internal sealed class HostWatchdog(HostServices services, IActorRef self, ITimerScheduler timers, ILoggingAdapter log)
    : IDisposable
{
    public abstract record Notice : IHostMessage
    {
        private Notice() { }

        public sealed record Summon : Notice;

        public sealed record Reached(WatchdogClient Client) : Notice;

        public sealed record Gone(string Reason, string? Remedy = null) : Notice;
    }

    private static readonly TimeSpan SummonAgain = TimeSpan.FromSeconds(1);

    private WatchdogClient? _client;
    private Notice.Gone _gone = new("qga-watchdog has not been reached yet");

    /// <summary>A connected watchdog that does not answer any more guards nobody. Null: none is connected.</summary>
    public WatchdogSight? Sight => _client switch
    {
        null => null,
        { IsGuarding: true } => WatchdogSight.Guarding,
        _ => WatchdogSight.Missing,
    };

    /// <summary>Why no guest is frozen now, and what to do.</summary>
    public (string Reason, string Remedy) Absence =>
    (
        $"qgad freezes no guest while qga-watchdog is not running: {_gone.Reason}",
        _gone.Remedy
            ?? $"The node starts one or finds its successor by itself; if it does not, see the journal of qga-watchdog or "
                + $"{WatchdogLauncher.LogOf(services.Ledger)}"
    );

    public void Beat() => _client?.Beat();

    /// <summary>Connects to the watchdog, and starts one where there is none.</summary>
    public void Summon() => services.Watchdog(CancellationToken.None).PipeTo(
        self,
        success: client => new Notice.Reached(client),
        failure: e => new Notice.Gone(e.Message, (e as WatchdogException)?.Remedy));

    /// <returns>How the watchdog is seen from now on; null: as before.</returns>
    public WatchdogSight? Handle(Notice notice)
    {
        switch (notice)
        {
            case Notice.Summon:
                Summon();
                return null;
            case Notice.Reached { Client: var client }:
                _client = client;
                client.Closed.PipeTo(self, success: reason => new Notice.Gone(reason));
                return WatchdogSight.Guarding;
            case Notice.Gone gone:
                var hadOne = _client is not null;
                Dispose();
                (_client, _gone) = (null, gone);
                log.Warning(
                    "No watchdog: {0}. No guest is frozen until there is one. {1}", gone.Reason, gone.Remedy ?? "");
                timers.StartSingleTimer("summon", new Notice.Summon(), SummonAgain);
                return hadOne ? WatchdogSight.Reaching : WatchdogSight.Missing;
            default:
                throw new InvalidOperationException($"unexpected notice {notice}");
        }
    }

    public void Dispose() => _client?.Dispose();
}
