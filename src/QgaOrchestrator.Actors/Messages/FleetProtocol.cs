using Akka.Actor;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Messages;

/// <summary>To the fleet's directory: this is how the VM is now.</summary>
public sealed record VmSeen(VmStatus Status) : INoSerializationVerificationNeeded;

public sealed record VmLeft(VmId Vm) : INoSerializationVerificationNeeded;

/// <summary>From a VM's actor that has no channel: its host does not know the VM, or knows why it has none.</summary>
internal sealed record NoChannel(IVmMessage Message) : INoSerializationVerificationNeeded;

/// <summary>Answered by <see cref="VmList"/>.</summary>
public sealed record ListVms : INoSerializationVerificationNeeded;

public sealed record VmList(IReadOnlyList<VmStatus> Vms) : INoSerializationVerificationNeeded;

/// <summary>To the fleet's directory; answered by <see cref="VmUuid"/>.</summary>
internal sealed record FindUuid(VmId Vm) : INoSerializationVerificationNeeded;

/// <param name="Uuid">Null: QEMU has not told it yet, or no such VM is known.</param>
internal sealed record VmUuid(string? Uuid) : INoSerializationVerificationNeeded;
