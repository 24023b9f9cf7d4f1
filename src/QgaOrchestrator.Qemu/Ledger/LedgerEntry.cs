using System.Text.Json.Serialization;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>How far a window has come. An entry that is not <see cref="Thawed"/> names a guest that may be frozen.</summary>
public enum LedgerPhase { Opening, Frozen, Cut, Thawed }

/// <summary>
/// One VM's open freeze, enough by itself to thaw it: a JSON file <c>VM.freeze.json</c> in the host's ledger directory, written
/// by temp file and rename before the freeze is sent, removed when the run has journalled the outcome. It is not synced: it
/// has to survive the process, and what ends the host ends its VMs.
/// </summary>
/// <param name="Vm">The VM's name on this host.</param>
/// <param name="Agent">Path of the agent's unix socket; empty where <see cref="Through"/> is the way.</param>
/// <param name="Qemu">The QEMU process that was frozen; null: cannot tell, and so ends nothing.</param>
/// <param name="BootId">/proc/sys/kernel/random/boot_id of the host when the entry was opened.</param>
/// <param name="Window">Identity of the window; a thaw by ledger is for this window only.</param>
/// <param name="Deadline">When the guest must be thawed at the latest (wall clock, UTC).</param>
/// <param name="Facts">What the window has seen so far; the proof is a pure function of it.</param>
public sealed record LedgerEntry(
    string Vm, string? Uuid, string Agent, SocketHold Hold, QemuProcess? Qemu, string BootId,
    string Run, int Item, int Attempt, string Window, LedgerPhase Phase,
    DateTimeOffset OpenedAt, DateTimeOffset Deadline, WindowFacts Facts)
{
    /// <summary>The way to a VM that has no sockets of its own; null: <see cref="Agent"/> is the way.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ThawWay? Through { get; init; }

    /// <summary>Where its guest is thawed.</summary>
    [JsonIgnore]
    public VmAddress Address => Through is { } way
        ? new VmAddress.Through(way.Kind, way.Locator)
        : new VmAddress.Sockets(Agent, null, Hold);

    /// <summary>The same entry for a VM at this address.</summary>
    public LedgerEntry At(VmAddress address) => address switch
    {
        VmAddress.Sockets sockets => this with { Agent = sockets.Agent, Hold = sockets.Hold, Through = null },
        VmAddress.Through through => this with
        {
            Agent = "",
            Hold = SocketHold.Exclusive,
            Through = new(through.Kind, through.Locator),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(address), address, "an address of a kind that no ledger knows"),
    };
}

/// <summary>How a VM without sockets of its own is thawed.</summary>
/// <param name="Kind">The kind of host that knows the way. One that is unknown here is told, and its entry stays.</param>
/// <param name="Locator">In that kind's own words.</param>
public sealed record ThawWay(string Kind, string Locator);

/// <summary>
/// What happened in a window, as far as it is known: times in UTC with offsets in milliseconds since the freeze was sent,
/// by the host's monotonic clock. Every member is a fact that was seen; an absent one was not.
/// </summary>
public sealed record WindowFacts
{
    public DateTimeOffset? FreezeSentAt { get; init; }
    public DateTimeOffset? FrozenAt { get; init; }
    public double? FrozenAfterMs { get; init; }
    /// <summary>File systems frozen, as freeze's own reply says.</summary>
    public long? Frozen { get; init; }
    public DateTimeOffset? CutAt { get; init; }
    /// <summary>The transaction's reply was read before thaw was sent.</summary>
    public double? CutAfterMs { get; init; }
    public double? ThawSentAfterMs { get; init; }
    public DateTimeOffset? ThawedAt { get; init; }
    public double? ThawedAfterMs { get; init; }
    /// <summary>File systems thawed, as thaw's own reply says.</summary>
    public long? Thawed { get; init; }
    /// <summary>Thaw's error, where it answered with one (Windows: VSS expired; Linux: the thaw hook failed).</summary>
    public string? ThawError { get; init; }
    /// <summary>Who thawed: node, watchdog or qgactl.</summary>
    public string? ThawedBy { get; init; }
    /// <summary>Of qgactl: this machine's user.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ThawedByUser { get; init; }
    /// <summary>Why the window broke, in words; null while it holds.</summary>
    public string? Broken { get; init; }
}
