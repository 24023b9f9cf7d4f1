using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosting;

namespace QgaOrchestrator.Actors.Tests.Hosting;

public sealed class TicklessSchedulerTests : IDisposable
{
    private readonly TicklessScheduler _scheduler = new(Akka.Configuration.Config.Empty, NoLogger.Instance);

    private IAdvancedScheduler Scheduler => _scheduler;

    public void Dispose() => _scheduler.Dispose();

    [Theory]
    [InlineData(0, 1_000, 1_000)]
    [InlineData(3, 1_000, 997)]
    [InlineData(124, 1_000, 876)]
    [InlineData(126, 1_000, 1_124)]
    [InlineData(2_005, 2_000, 1_995)]
    public void What_is_repeated_seldom_happens_on_a_common_beat(int now, int wait, int until) => Assert.Equal(
        TimeSpan.FromMilliseconds(until),
        TicklessScheduler.OnBeat(TimeSpan.FromMilliseconds(now), TimeSpan.FromMilliseconds(wait)));

    [Fact]
    public async Task A_scheduled_action_runs_and_never_too_early()
    {
        var began = TimeProvider.System.GetTimestamp();
        var happened = new TaskCompletionSource<TimeSpan>();
        Scheduler.ScheduleOnce(
            TimeSpan.FromMilliseconds(30), () => happened.SetResult(TimeProvider.System.GetElapsedTime(began)));
        Assert.True(await happened.Task >= TimeSpan.FromMilliseconds(29));
    }

    [Fact]
    public async Task A_repeated_action_runs_until_it_is_cancelled()
    {
        var cancelable = new Cancelable((IScheduler)_scheduler);
        var (times, done) = (0, new TaskCompletionSource());
        Scheduler.ScheduleRepeatedly(
            TimeSpan.Zero,
            TimeSpan.FromMilliseconds(1),
            () =>
            {
                if (++times < 3) return;
                cancelable.Cancel();
                done.TrySetResult();
            },
            cancelable);
        await done.Task;
        await AfterAsync(TimeSpan.FromMilliseconds(20));
        Assert.Equal(3, times);
    }

    [Fact]
    public async Task A_cancelled_action_never_runs()
    {
        var (before, during) = (new Cancelable((IScheduler)_scheduler), new Cancelable((IScheduler)_scheduler));
        before.Cancel();
        Scheduler.ScheduleOnce(TimeSpan.Zero, () => Assert.Fail("it was cancelled before"), before);
        var happened = false;
        Scheduler.ScheduleOnce(TimeSpan.FromMilliseconds(10), () => happened = true, during);
        during.Cancel();
        await AfterAsync(TimeSpan.FromMilliseconds(20));
        Assert.False(happened);
    }

    [Fact]
    public async Task A_repeated_action_that_fails_is_repeated_again()
    {
        var (times, done) = (0, new TaskCompletionSource());
        var cancelable = new Cancelable((IScheduler)_scheduler);
        Scheduler.ScheduleRepeatedly(
            TimeSpan.Zero,
            TimeSpan.FromMilliseconds(1),
            () =>
            {
                if (++times == 3) done.TrySetResult();
                throw new InvalidOperationException("it fails");
            },
            cancelable);
        await done.Task;
        cancelable.Cancel();
    }

    [Fact]
    public void A_wait_of_years_is_as_long_as_a_timer_can_wait() =>
        Scheduler.ScheduleOnce(TimeSpan.FromDays(1000), () => Assert.Fail("that was short"));

    /// <summary>Scheduled behind what is to be seen, on the same timers.</summary>
    private Task AfterAsync(TimeSpan delay)
    {
        var after = new TaskCompletionSource();
        Scheduler.ScheduleOnce(delay, after.SetResult);
        return after.Task;
    }
}
