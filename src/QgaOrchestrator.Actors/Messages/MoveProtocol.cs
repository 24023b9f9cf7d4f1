using Akka.Actor;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Messages;

/// <summary>From a VM to this node's directory; answered by <see cref="MoveTold"/>, from memory.</summary>
internal sealed record FindMove(VmId Vm, string? Uuid) : INoSerializationVerificationNeeded;

/// <summary>What the directory knows of a VM that is, or may have been, moved.</summary>
/// <param name="Word">Whose freeze its guest is under.</param>
/// <param name="HasCopy">Another QEMU with its UUID waits for its guest, or has it.</param>
/// <param name="Place">The QEMU to which its guest has gone; null: it has not, or nobody has told yet.</param>
internal sealed record MoveTold(FreezeWord Word, bool HasCopy, VmId? Place) : INoSerializationVerificationNeeded;
