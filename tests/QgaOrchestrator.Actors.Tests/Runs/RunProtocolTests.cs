using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Runs;

/// <summary>What the messages to a run ask of its rules.</summary>
public class RunProtocolTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private static readonly StartRun Order = new(
        "r1",
        "backup",
        "*",
        new RunOptions { MaxParallel = 2, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All },
        [new VmId("h1", "a"), new VmId("h1", "b"), new VmId("h1", "c")])
    {
        Notes = [new TargetNote(), new TargetNote { Group = "g" }, new TargetNote { Group = "g" }],
        StartedBy = "ann",
    };

    public static TheoryData<RunSteering, string?, RunCommand> Steerings { get; } = new()
    {
        { RunSteering.Pause, "ann", new RunCommand.Pause("ann") },
        { RunSteering.Resume, null, new RunCommand.Resume() },
        { RunSteering.Abort, "ann", new RunCommand.Abort("the run was aborted by ann", Wait: false, "ann") },
        { RunSteering.AbortAndWait, null, new RunCommand.Abort("the run was aborted", Wait: true) },
    };

    [Theory]
    [MemberData(nameof(Steerings))]
    public void Each_steering_is_a_command_with_the_name_of_who_asks(RunSteering steering, string? by, RunCommand command) =>
        Assert.Equal(command, new SteerRun("r1", steering) { By = by }.ToCommand());

    [Fact]
    public void A_retry_takes_what_is_left_with_the_same_options_and_notes()
    {
        var run = After(
            new RunEvent.ItemsDispatched([new(0, 1), new(1, 1), new(2, 1)], Now),
            new RunEvent.ItemsSettled(
                [
                    new ItemOutcome(0, 1, ItemState.Succeeded),
                    new ItemOutcome(1, 1, ItemState.Succeeded),
                    new ItemOutcome(2, 1, ItemState.Failed),
                ],
                Now
            )
        );

        var retry = StartRun.Retrying(run, "r2");

        Assert.Equal(Order.Targets.Skip(1), retry.Targets);
        Assert.Equal(Order.Notes!.Skip(1), retry.Notes);
        Assert.Equal(("r2", "r1", Order.Kind, Order.Select), (retry.Run, retry.RetryOf, retry.Kind, retry.Select));
        Assert.Same(Order.Options, retry.Options);
        Assert.Null(retry.StartedBy);
    }

    [Fact]
    public void Unsettled_are_the_attempts_under_way_on_that_VM()
    {
        var run = After(new RunEvent.ItemsDispatched([new(0, 1)], Now));

        Assert.Equal([new ItemAttempt(0, 1)], UnsettledAttempts.On(Order.Targets[0], run).Items);
        Assert.Empty(UnsettledAttempts.On(Order.Targets[1], run).Items);
        Assert.Empty(UnsettledAttempts.On(Order.Targets[0], run: null).Items);
    }

    private static RunState After(params RunEvent[] events) =>
        events.Aggregate(RunRules.Evolve(null, Order.ToEvent(Now)), RunRules.Evolve);
}
