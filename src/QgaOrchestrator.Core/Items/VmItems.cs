using System.Collections.Immutable;
using QgaOrchestrator.Core.Hosts;

namespace QgaOrchestrator.Core.Items;

/// <summary>The items of all runs that want one VM, as its host sees them. Ends with the host's process.</summary>
public sealed record VmItems
{
    public static readonly VmItems None = new();

    /// <summary>In the order of their arrival.</summary>
    public ImmutableList<WaitingItem> Waiting { get; init; } = [];

    /// <summary>The one at work.</summary>
    public ItemId? Work { get; init; }

    /// <summary>Outcomes that their runs have not journalled, as far as is known here.</summary>
    public ImmutableList<KeptOutcome> Kept { get; init; } = [];

    /// <summary>The latest items whose outcomes are journalled: an order for one of them is late.</summary>
    public ImmutableList<ItemId> Journalled { get; init; } = [];

    /// <summary>The host is being emptied: no item begins that was not begun before.</summary>
    public bool Drains { get; init; }

    /// <summary>Items wait for the end of that.</summary>
    public bool IsHolding => Waiting.Any(IsHeld);

    /// <summary>Something is told again until it is journalled.</summary>
    public bool IsToRepeat => !Kept.IsEmpty;

    /// <summary>To be swept when no item is at work, or waits.</summary>
    public bool ToSweep { get; init; }

    /// <summary>What no run knows any more is being removed from QEMU and ledger; items wait meanwhile.</summary>
    public bool Sweeping { get; init; }

    public bool IsHeld(WaitingItem item) => !DrainRules.MayBegin(Drains, item.Resume);
}

/// <param name="Id">The item.</param>
/// <param name="Resume">An earlier process may have begun it.</param>
/// <param name="Aborted">It is to end: it waits only to look for what that process began, and to undo it.</param>
public sealed record WaitingItem(ItemId Id, bool Resume, bool Aborted = false);

/// <param name="Id">The item.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Window">The window whose entry in the ledger goes when the outcome is journalled.</param>
public sealed record KeptOutcome(ItemId Id, ItemOutcome Outcome, string? Window);

/// <summary>What can happen to a VM's items.</summary>
public abstract record ItemsInput
{
    private ItemsInput() { }

    /// <summary>A run orders this item, or orders it again.</summary>
    public sealed record Ordered(ItemId Id, bool Resume) : ItemsInput;

    /// <summary>The item at work has ended, and what it made is undone or whole.</summary>
    public sealed record Finished(ItemOutcome Outcome, string? Window) : ItemsInput;

    /// <summary>The actor that did the work failed by a fault of ours.</summary>
    public sealed record WorkerFailed : ItemsInput;

    public sealed record Aborted(ItemId Id, string Reason) : ItemsInput;

    /// <summary>The run has journalled the outcome.</summary>
    public sealed record Journalled(ItemId Id) : ItemsInput;

    /// <summary>Time to tell again what was not journalled.</summary>
    public sealed record Repeat : ItemsInput;

    /// <summary>What the host holds while it is being emptied has waited long enough.</summary>
    public sealed record HandBack : ItemsInput;

    /// <summary>The monitor has come back: what no run knows any more can go.</summary>
    public sealed record SweepWanted : ItemsInput;

    public sealed record Swept : ItemsInput;
}

/// <summary>What a VM's items want done, in this order.</summary>
public abstract record ItemsEffect
{
    private ItemsEffect() { }

    /// <param name="Id">The item.</param>
    /// <param name="Resume">An earlier process may have begun it: look.</param>
    public sealed record Begin(ItemId Id, bool Resume) : ItemsEffect;

    /// <summary>The item at work was ordered again: its run does not know how far it is.</summary>
    public sealed record Again(ItemId Id) : ItemsEffect;

    public sealed record Abort(ItemId Id) : ItemsEffect;

    /// <summary>The work has ended: its actor can stop.</summary>
    public sealed record EndWork : ItemsEffect;

    /// <summary>Tell the run how its item ended.</summary>
    public sealed record Tell(KeptOutcome Kept) : ItemsEffect;

    /// <summary>Tell the run that its item waits.</summary>
    /// <param name="For">The run that is at work.</param>
    public sealed record TellWaiting(ItemId Id, string For) : ItemsEffect;

    /// <summary>The ledger's entry of this window is no longer needed.</summary>
    public sealed record RemoveEntry(string Window) : ItemsEffect;

    public sealed record Sweep : ItemsEffect;
}
