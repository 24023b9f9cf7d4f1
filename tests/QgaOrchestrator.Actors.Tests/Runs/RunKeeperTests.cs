using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Runs;

namespace QgaOrchestrator.Actors.Tests.Runs;

/// <summary>Whoever keeps a run's actor alive, in virtual time.</summary>
public sealed class RunKeeperTests : TestKit
{
    private static readonly TimeSpan Longest = RestartPauses.Longest * 1.2;

    private readonly TestProbe _region, _told;
    private readonly IActorRef _keeper;

    public RunKeeperTests() : base("""
        akka {
          stdout-loglevel = OFF
          loglevel = WARNING
          test.filter-leeway = 60s
          test.single-expect-default = 60s
          scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        }
        """)
    {
        (_region, _told) = (CreateTestProbe(), CreateTestProbe());
        var pauses = new RestartPauses(new ManualTime(), new Random(1));
        _keeper = _region.ChildActorOf(RunKeeper.Props(Props.Create(() => new Faulty(_told)), pauses, _ => { }), "r1");
        _told.ExpectMsg("r1 begins");
    }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public void A_run_that_fails_begins_anew_after_a_pause_and_what_came_meanwhile_waits()
    {
        Fail();
        _keeper.Tell("hello", _region);
        Assert.False(_told.HasMessages);

        Scheduler.Advance(RestartPauses.Shortest * 1.2);

        _told.ExpectMsg("r1 begins");
        _told.ExpectMsg("hello");
        Assert.Equal(_region.Ref, _told.LastSender);
    }

    [Fact]
    public void A_run_that_keeps_failing_restarts_ever_more_rarely_down_to_six_times_a_minute()
    {
        for (var i = 0; i < 10; i++)
        {
            Fail();
            Scheduler.Advance(Longest);
            _told.ExpectMsg("r1 begins");
        }
        Fail();
        Scheduler.Advance(RestartPauses.Longest * 0.79);
        Assert.False(_told.HasMessages);
        Scheduler.Advance(RestartPauses.Longest * 0.42);
        _told.ExpectMsg("r1 begins");
    }

    [Fact]
    public void The_region_forgets_a_run_that_has_ended()
    {
        _keeper.Tell("end");
        _region.ExpectMsg<Passivate>();
        Assert.Equal(_keeper, _region.LastSender);
    }

    [Fact]
    public void What_comes_after_a_run_asked_to_leave_is_answered_before_it_leaves()
    {
        _region.Watch(_keeper);
        _keeper.Tell("end");
        _keeper.Tell("late", _region);
        _keeper.Tell(_region.ExpectMsg<Passivate>().StopMessage);

        _told.ExpectMsg("late");
        Assert.Equal(_region.Ref, _told.LastSender);
        _region.ExpectTerminated(_keeper);
    }

    [Fact]
    public void A_run_that_has_more_to_do_when_it_may_leave_is_begun_anew()
    {
        _keeper.Tell("end");
        _keeper.Tell("more to do");
        _keeper.Tell(_region.ExpectMsg<Passivate>().StopMessage);

        Assert.Equal("r1", _region.ExpectMsg<ContinueRun>().Run);
    }

    [Fact]
    public void What_waits_in_a_pause_when_the_run_may_leave_goes_back_to_the_region()
    {
        _keeper.Tell("end");
        var stop = _region.ExpectMsg<Passivate>().StopMessage;
        Fail();
        _keeper.Tell("late", _told);
        _keeper.Tell(stop);

        Assert.Equal("r1", _region.ExpectMsg<ContinueRun>().Run);
        _region.ExpectMsg("late");
        Assert.Equal(_told.Ref, _region.LastSender);
    }

    [Theory]
    [InlineData(1, 0.16, 0.24)]
    [InlineData(2, 0.32, 0.48)]
    [InlineData(6, 5.1, 7.7)]
    [InlineData(7, 8, 12)]
    [InlineData(int.MaxValue, 8, 12)]
    public void A_pause_doubles_up_to_ten_seconds_give_or_take_a_fifth(int failures, double least, double most)
    {
        Assert.Equal(least, RestartPauses.Pause(failures, 0).TotalSeconds, 0.1);
        Assert.Equal(most, RestartPauses.Pause(failures, 1).TotalSeconds, 0.1);
    }

    [Fact]
    public void After_a_time_without_failures_the_pause_is_the_shortest_again()
    {
        var time = new ManualTime();
        var pauses = new RestartPauses(time, new Random(1));
        for (var i = 0; i < 5; i++) pauses.Failed("r1");
        Assert.True(pauses.Failed("r1") > TimeSpan.FromSeconds(5));
        Assert.True(pauses.Failed("r2") < TimeSpan.FromSeconds(0.25));

        time.Advance(RestartPauses.Longest + RestartPauses.Healthy);

        Assert.True(pauses.Failed("r1") < TimeSpan.FromSeconds(0.25));
    }

    /// <summary>It fails, and its keeper has set the timer when it says so.</summary>
    private void Fail() => EventFilter.Warning(contains: "restarts in").ExpectOne(() => _keeper.Tell("fail"));

    private sealed class Faulty : ReceiveActor
    {
        private readonly IActorRef _told;
        private bool _isDone = true;

        public Faulty(IActorRef told)
        {
            _told = told;
            Receive<string>(word => word == "fail", _ => throw new InvalidOperationException("told to fail"));
            Receive<string>(word => word == "end", _ => Context.Parent.Tell(new Passivate(new LeaveRun())));
            Receive<string>(word => word == "more to do", _ => _isDone = false);
            Receive<LeaveRun>(_ =>
            {
                if (_isDone) Context.Parent.Tell(new RunKeeper.MayLeave());
                Context.Stop(Self);
            });
            ReceiveAny(told.Forward);
        }

        protected override void PreStart() => _told.Tell($"{Self.Path.Name} begins");
    }
}
