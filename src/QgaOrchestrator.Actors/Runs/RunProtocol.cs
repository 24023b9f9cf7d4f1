using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;
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
}

/// <summary>Pause, resume or abort; answered by the run's <see cref="RunView"/> when that is journalled, or
/// <see cref="NoSuchRun"/>. What does not apply changes nothing.</summary>
public sealed record SteerRun(string Run, RunSteering Steering) : IRunMessage, IWire
{
    /// <summary>The name of the token that asks for it.</summary>
    public string? By { get; init; }
}

/// <summary>The sender is told the run as it is, and each change until it has ended, as <see cref="RunView"/>; or
/// <see cref="NoSuchRun"/>.</summary>
public sealed record WatchRun(string Run) : IRunMessage, INoSerializationVerificationNeeded;

/// <summary>What would try this run again? Answered by a <see cref="StartRun"/> for that id, or <see
/// cref="NoSuchRun"/>.</summary>
public sealed record DescribeRetry(string Run, string NewRun) : IRunMessage, INoSerializationVerificationNeeded;

/// <summary>Which attempts on this VM are under way? Answered by <see cref="UnsettledAttempts"/>.</summary>
public sealed record FindUnsettled(string Run, VmId Vm) : IRunMessage, INoSerializationVerificationNeeded;

public sealed record UnsettledAttempts(IReadOnlyList<ItemAttempt> Items) : INoSerializationVerificationNeeded;

public sealed record NoSuchRun(string Run) : INoSerializationVerificationNeeded;
