using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>
/// Akka's scheduler on the runtime's timers. Akka's own looks a hundred times a second whether something is due, which is most of
/// what an idle node would cost, and is late by up to a look; here each lease, limit and heartbeat has a timer of its own, exact
/// to the millisecond. What is repeated each second or more rarely happens on a common beat: a dozen ticks of the cluster wake
/// one thread together, and not each its own. Made by Akka, from its type's name.
/// </summary>
internal sealed class TicklessScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log), IDisposable
{
    /// <summary>The longest that a timer can wait.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private static readonly TimeSpan Common = TimeSpan.FromSeconds(1), Beat = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time = TimeProvider.System;
    private volatile bool _stopped;

    public override TimeSpan MonotonicClock => _time.GetElapsedTime(0);

    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    protected override DateTimeOffset TimeNow => _time.GetUtcNow();

    /// <summary>The actor system ends: what was scheduled never happens.</summary>
    public void Dispose() => _stopped = true;

    protected override void InternalScheduleTellOnce(
        TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Begin(delay, Timeout.InfiniteTimeSpan, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Begin(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        Begin(delay, Timeout.InfiniteTimeSpan, action, cancelable);

    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Begin(initialDelay, interval, action, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        Begin(delay, Timeout.InfiniteTimeSpan, action.Run, cancelable);

    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Begin(initialDelay, interval, action.Run, cancelable);

    /// <summary>The wait that ends on the common beat, at most half of one early or late.</summary>
    internal static TimeSpan OnBeat(TimeSpan now, TimeSpan wait) => Math.Round((now + wait) / Beat) * Beat - now;

    private void Begin(TimeSpan delay, TimeSpan interval, Action action, ICancelable? cancelable) =>
        new Scheduled(this, action, interval, cancelable).Begin(delay < Longest ? delay : Longest);

    /// <summary>The runtime's list of timers keeps it, until it has happened or is cancelled.</summary>
    private sealed class Scheduled
    {
        private readonly TicklessScheduler _owner;
        private readonly Action _action;
        private readonly TimeSpan _interval;
        private readonly ICancelable? _cancelable;
        private readonly ITimer _timer;
        private CancellationTokenRegistration _cancelled;

        public Scheduled(TicklessScheduler owner, Action action, TimeSpan interval, ICancelable? cancelable)
        {
            (_owner, _action, _interval, _cancelable) = (owner, action, interval, cancelable);
            _timer = owner._time.CreateTimer(
                static of => ((Scheduled)of!).Happen(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Begin(TimeSpan delay)
        {
            _cancelled = _cancelable?.Token.UnsafeRegister(static of => ((Scheduled)of!).End(), this) ?? default;
            Wait(delay);
        }

        private void Wait(TimeSpan delay) => _timer.Change(delay, Timeout.InfiniteTimeSpan);

        /// <summary>What is repeated waits anew when it has happened, so that it never overtakes itself.</summary>
        private void Happen()
        {
            if (_owner._stopped || _cancelable is { IsCancellationRequested: true })
            {
                End();
                return;
            }
            try
            {
                _action();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                _owner.Log.Error(e, "What was scheduled has failed: {0}", e.Message);
            }
            if (_interval == Timeout.InfiniteTimeSpan) End();
            else Wait(_interval < Common ? _interval : OnBeat(_owner.MonotonicClock, _interval));
        }

        private void End()
        {
            _timer.Dispose();
            _cancelled.Unregister();
        }
    }
}
