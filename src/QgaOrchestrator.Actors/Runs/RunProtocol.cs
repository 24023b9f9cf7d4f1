using Akka.Actor;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>To a run's actor, wherever it lives; the region finds it by <see cref="Run"/>.</summary>
public interface IRunMessage
{
    string Run { get; }
}

/// <summary>Start this run; answered by its <see cref="RunView"/> when that is journalled. A repeat changes nothing.</summary>
public sealed record StartRun(string Run, string Kind, string Select, RunOptions Options, IReadOnlyList<VmId> Targets) : IRunMessage, IWire;

/// <summary>The sender is told the run as it is, and each change until it has ended, as <see cref="RunView"/>; or
/// <see cref="NoSuchRun"/>.</summary>
public sealed record WatchRun(string Run) : IRunMessage, INoSerializationVerificationNeeded;

/// <summary>Which attempts on this VM are under way? Answered by <see cref="UnsettledAttempts"/>.</summary>
public sealed record FindUnsettled(string Run, VmId Vm) : IRunMessage, INoSerializationVerificationNeeded;

public sealed record UnsettledAttempts(IReadOnlyList<ItemAttempt> Items) : INoSerializationVerificationNeeded;

public sealed record NoSuchRun(string Run) : INoSerializationVerificationNeeded;
