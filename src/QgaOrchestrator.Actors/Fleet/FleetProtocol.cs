using Akka.Actor;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>To the fleet's directory: this is how the VM is now.</summary>
public sealed record VmSeen(VmStatus Status) : INoSerializationVerificationNeeded;

public sealed record VmLeft(VmId Vm) : INoSerializationVerificationNeeded;

/// <summary>Answered by <see cref="VmList"/>.</summary>
public sealed record ListVms : INoSerializationVerificationNeeded;

public sealed record VmList(IReadOnlyList<VmStatus> Vms) : INoSerializationVerificationNeeded;
