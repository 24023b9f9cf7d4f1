using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>What windows and the host say to each other. They are on one node: nothing here is ever serialized.</summary>
public interface IHostMessage : INoSerializationVerificationNeeded;

/// <summary>Write this entry before a freeze is sent; answered by <see cref="EntryOpened"/> or <see
/// cref="EntryRefused"/>.</summary>
public sealed record OpenEntry(LedgerEntry Entry) : IHostMessage;

public sealed record EntryOpened(string Window) : IHostMessage;

public sealed record EntryRefused(string Window, string Reason, string Remedy) : IHostMessage;

/// <summary>The window has come further; not answered.</summary>
public sealed record MoveEntry(LedgerEntry Entry) : IHostMessage;

/// <summary>The window sends its freeze, and must have begun to thaw by then; not answered.</summary>
public sealed record FreezeSent(string Window, Moment ThawDue) : IHostMessage;

/// <summary>The window's thaw has begun, or the sync behind its overdue freeze; or the program that holds the agent's lock
/// thaws it.</summary>
public sealed record ThawBegun(string Window) : IHostMessage;

/// <summary>The run has journalled the outcome: the entry is no longer needed.</summary>
public sealed record RemoveEntry(string Window) : IHostMessage;

/// <summary>Is this VM here? Answered by <see cref="VmPresent"/> where it is.</summary>
public sealed record FindVm(string Vm) : IHostMessage;

/// <summary>Which entry does the ledger hold for this VM? Answered by <see cref="EntryFound"/>.</summary>
public sealed record FindEntry(string Vm) : IHostMessage;

public sealed record EntryFound(LedgerEntry? Entry) : IHostMessage;

/// <summary>Tell the sender when this limit passes; null takes the last one back. One limit a window.</summary>
public sealed record ArmLimit(string Window, WindowLimit? Limit, TimeSpan After) : IHostMessage;

/// <summary>The limit has passed. The window answers <see cref="LimitSeen"/> at once, or the node is not healthy.</summary>
public sealed record LimitReached(string Window, WindowLimit Limit) : IHostMessage;

public sealed record LimitSeen(string Window) : IHostMessage;

/// <summary>Refuse new windows and thaw the open ones; answered by <see cref="WindowsClosed"/> when none is open.</summary>
public sealed record CloseWindows(string Reason) : IHostMessage;

public sealed record WindowsClosed : IHostMessage;

/// <summary>From the node, when the way to VMs is up: look for VMs, and tell their actors.</summary>
public sealed record BeginDiscovery(IActorRef Vms) : IHostMessage;

/// <summary>From the way to VMs: their actors are others now, tell them all.</summary>
public sealed record PresentVms : IHostMessage;

/// <summary>From this host's discovery: all that is there now. The host starts channels; the directory reports the
/// rest.</summary>
internal sealed record VmsFound(HostScan Scan) : IHostMessage;

/// <summary>To a window: thaw now.</summary>
public sealed record ThawWindow(string Reason) : IHostMessage;

/// <summary>From the VM's own host: it is there, and this is what the ledger holds of it.</summary>
public sealed record VmPresent(VmSpec Spec, LedgerEntry? Entry) : IVmMessage, INoSerializationVerificationNeeded
{
    public VmId Vm => Spec.Id;
}

/// <summary>From the VM's own host: its sockets are gone.</summary>
public sealed record VmGone(VmId Vm) : IVmMessage, INoSerializationVerificationNeeded;
