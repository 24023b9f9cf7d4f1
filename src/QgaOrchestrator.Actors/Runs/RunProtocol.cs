using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>Start this run; answered by its <see cref="RunView"/> when that is journalled. A repeat changes nothing.</summary>
public sealed record StartRun(string Run, string Kind, string Select, RunOptions Options, IReadOnlyList<VmId> Targets)
    : IRunMessage,
        IWire
{
    /// <summary>What was known of each target, in their order; null: nothing.</summary>
    public IReadOnlyList<TargetNote>? Notes { get; init; }

    /// <summary>The ended run whose items this one tries again.</summary>
    public string? RetryOf { get; init; }

    /// <summary>The name of the token that asks for it.</summary>
    public string? StartedBy { get; init; }

    /// <summary>The same options and notes once more, over what is left of a run.</summary>
    public static StartRun Retrying(RunState ended, string run)
    {
        var left = RunRules.Left(ended);
        return new StartRun(run, ended.Kind, ended.Select, ended.Options, [.. left.Select(item => item.Vm)])
        {
            Notes = [.. left.Select(item => item.Note)],
            RetryOf = ended.Id,
        };
    }

    public RunEvent.RunStarted ToEvent(DateTimeOffset at) => new(Run, Kind, Select, Options, Targets, at, RetryOf)
    {
        Notes = Notes,
        StartedBy = StartedBy,
    };
}

/// <summary>Pause, resume or abort; answered by the run's <see cref="RunView"/> when that is journalled, or
/// <see cref="NoSuchRun"/>. What does not apply changes nothing.</summary>
public sealed record SteerRun(string Run, RunSteering Steering) : IRunMessage, IWire
{
    /// <summary>The name of the token that asks for it.</summary>
    public string? By { get; init; }

    public RunCommand ToCommand() => Steering switch
    {
        RunSteering.Pause => new RunCommand.Pause(By),
        RunSteering.Resume => new RunCommand.Resume(By),
        RunSteering.Abort or RunSteering.AbortAndWait => new RunCommand.Abort(
            By is null ? ItemOutcome.RunAborted : $"{ItemOutcome.RunAborted} by {By}",
            Wait: Steering == RunSteering.AbortAndWait,
            By
        ),
        _ => throw new InvalidOperationException($"No command for {Steering}"),
    };
}

/// <summary>The sender is told the run as it is, and each change until it has ended, as <see cref="RunView"/>; or
/// <see cref="NoSuchRun"/>.</summary>
public sealed record WatchRun(string Run) : IRunMessage, INoSerializationVerificationNeeded;

/// <summary>What would try this run again? Answered by a <see cref="StartRun"/> for that id, or <see
/// cref="NoSuchRun"/>.</summary>
public sealed record DescribeRetry(string Run, string NewRun) : IRunMessage, INoSerializationVerificationNeeded;

/// <summary>To a run that asked to leave, from its region: the last message.</summary>
public sealed record LeaveRun : INoSerializationVerificationNeeded;

/// <summary>Begins the run's actor anew, which goes on by itself.</summary>
public sealed record ContinueRun(string Run) : IRunMessage, INoSerializationVerificationNeeded;

/// <summary>Where does this run live, or where would it? Answered by <see cref="RunLocated"/>. Whoever wants more of it asks
/// there: what a large run tells is no message between nodes.</summary>
public sealed record LocateRun(string Run) : IRunMessage, IWire;

/// <param name="Host">Of the node that works for the run, or would.</param>
public sealed record RunLocated(string Run, string Host) : IWire;

/// <summary>Which attempts on this VM are under way? Answered by <see cref="UnsettledAttempts"/>.</summary>
public sealed record FindUnsettled(string Run, VmId Vm) : IRunMessage, IWire;

public sealed record UnsettledAttempts(IReadOnlyList<ItemAttempt> Items) : IWire
{
    /// <param name="run">Null: it is kept no longer, or was never started.</param>
    public static UnsettledAttempts On(VmId vm, RunState? run) => new(
        run is { IsEnded: false }
            ? [.. RunRules.UnderWay(run).Where(item => item.Vm == vm).Select(item => new ItemAttempt(item.Index, item.Attempt))]
            : []);
}

public sealed record NoSuchRun(string Run) : INoSerializationVerificationNeeded;
