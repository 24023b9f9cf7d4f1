using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Actors.Messages;

/// <summary>From a run to a VM: do this item. Repeated until <see cref="ItemEnded"/> comes back; a repeat is
/// recognised.</summary>
/// <param name="Vm">The VM.</param>
/// <param name="Run">The run's id; with item and attempt the item's identity, from which all names derive.</param>
/// <param name="Item">Index of the item in its run.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Kind">The run's kind.</param>
/// <param name="Options">The run's options, frozen at its start.</param>
/// <param name="DispatchedAt">When the run journalled this attempt.</param>
/// <param name="Resume">The run does not know whether this attempt has begun: look, and go on or undo, but never begin. Only an
/// attempt's first order begins it, and that comes at most once.</param>
public sealed record StartItem(
    VmId Vm, string Run, int Item, int Attempt, string Kind, RunOptions Options, DateTimeOffset DispatchedAt, bool Resume)
    : IVmMessage, IWire
{
    /// <summary>The consistency group that this item is a member of: it waits for <see cref="OrderMember"/>.</summary>
    public string? Group { get; init; }

    /// <summary>Null: the run has none, or they are lost.</summary>
    public RunSecrets? Secrets { get; init; }

    /// <summary>The VM's host begins it up to then, by its own clock; one that comes later is handled as sent again: so it finds
    /// what there is, and begins nothing. Null: without a limit, since nobody has told a time.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HostMoment? BeginBy { get; init; }

    /// <summary>How the fleet's file wants this VM frozen.</summary>
    public FreezeMode Freeze { get; init; }

    public ItemEnded Unreachable(string reason, string remedy) =>
        new(Run, new ItemOutcome(Item, Attempt, ItemState.Unreachable, reason, remedy)) { Vm = Vm };

    /// <summary>The VM is at another place now. An attempt whose first order this is never began.</summary>
    public ItemEnded Moved(VmId place) => new(Run, new ItemOutcome(
        Item, Attempt, Resume ? ItemState.Unreachable : ItemState.Interrupted, $"the VM has moved to {place}",
        "See in the guest how much of it was done")
    { MovedTo = place })
    { Vm = Vm };

    public ItemEnded Failed(string reason, string remedy) =>
        new(Run, new ItemOutcome(Item, Attempt, ItemState.Failed, reason, remedy)) { Vm = Vm };
}

/// <summary>From a run to a VM: the outcome is journalled; what was kept for it can go.</summary>
public sealed record ItemJournalled(VmId Vm, string Run, int Item, int Attempt) : IVmMessage, IWire;

/// <summary>From a run to a VM: undo this item; it ends cancelled, unless it has already ended.</summary>
public sealed record AbortItem(VmId Vm, string Run, int Item, int Attempt) : IVmMessage, IWire;

/// <summary>From a group's coordinator to a member.</summary>
public sealed record OrderMember(VmId Vm, string Run, int Item, int Attempt, GroupOrder Order) : IVmMessage, IWire;

/// <summary>From a group's member to its coordinator: how far it is.</summary>
public sealed record MemberMoved(string Run, int Item, int Attempt, MemberReport Report) : IRunMessage, IWire;

/// <summary>From a VM to its run: how the item ended. Repeated until <see cref="ItemJournalled"/>.</summary>
public sealed record ItemEnded(string Run, ItemOutcome Outcome) : IRunMessage, IWire
{
    /// <summary>Where it is kept until then; null from a node of an earlier version.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VmId? Vm { get; init; }
}

/// <summary>From a VM to its run: where the item stands; may be lost.</summary>
public sealed record ItemMoved(string Run, ItemProgress Progress) : IRunMessage, IWire;
