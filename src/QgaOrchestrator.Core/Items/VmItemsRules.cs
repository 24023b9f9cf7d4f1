
namespace QgaOrchestrator.Core.Items;

/// <summary>
/// One item at a time, in the order of their arrival. A repeated order is recognised; an outcome is kept and told again until
/// its run has journalled it.
/// </summary>
public static class VmItemsRules
{
    /// <summary>How many journalled items are remembered: a late order comes soon, or not at all.</summary>
    private const int Remembered = 32;

    public static (VmItems State, IReadOnlyList<ItemsEffect> Effects) Step(VmItems items, ItemsInput input)
    {
        var effects = new List<ItemsEffect>();
        return (Next(Apply(items, input, effects), effects), effects);
    }

    private static VmItems Apply(VmItems items, ItemsInput input, List<ItemsEffect> effects)
    {
        switch (input)
        {
            case ItemsInput.Ordered i:
                return Order(items, i, effects);
            case ItemsInput.Finished i when items.Work is { } work:
                return End(items, new KeptOutcome(work, i.Outcome, i.Window), effects);
            case ItemsInput.WorkerFailed when items.Work is { } work:
                return End(
                    items,
                    new KeptOutcome(work, ItemOutcome.Interrupted(work.Item, work.Attempt, "the item's actor failed"), null),
                    effects
                );
            case ItemsInput.Aborted i:
                return Abort(items, i, effects);
            case ItemsInput.Journalled i:
                return Forget(items, i.Id, effects);
            case ItemsInput.Repeat:
                effects.AddRange(items.Kept.Select(kept => new ItemsEffect.Tell(kept)));
                return items;
            case ItemsInput.HandBack:
                return HandBack(items, effects);
            case ItemsInput.SweepWanted when !items.Sweeping:
                return items with { ToSweep = true };
            case ItemsInput.Swept:
                return items with { Sweeping = false };
            default:
                return items;
        }
    }

    private static VmItems Order(VmItems items, ItemsInput.Ordered i, List<ItemsEffect> effects)
    {
        if (items.Kept.Find(kept => kept.Id == i.Id) is { } kept) effects.Add(new ItemsEffect.Tell(kept));
        else if (items.Journalled.Contains(i.Id)) return items;
        else if (items.Work == i.Id) effects.Add(new ItemsEffect.Again(i.Id));
        else if (items.Waiting.Find(waiting => waiting.Id == i.Id) is { } known)
        {
            // The first order says best whether an earlier process may have begun it: it was not this one.
            if (items.Work is { } work) effects.Add(new ItemsEffect.TellWaiting(known.Id, work.Run));
        }
        else
        {
            items = items with { Waiting = items.Waiting.Add(new WaitingItem(i.Id, i.Resume)) };
            if (items.Work is { } work) TellWaiting(items, work, effects);
        }
        return items;
    }

    private static VmItems Forget(VmItems items, ItemId id, List<ItemsEffect> effects)
    {
        if (items.Kept.Find(kept => kept.Id == id) is { } kept)
        {
            if (kept.Window is { } window) effects.Add(new ItemsEffect.RemoveEntry(window));
            items = items with { Kept = items.Kept.Remove(kept) };
        }
        else if (!items.Journalled.Contains(id))
        {
            // Not ended here: an earlier process, or the VM's earlier life, may have left something of it.
            items = items with { ToSweep = true };
        }
        if (items.Journalled.Contains(id)) return items;
        var recent = items.Journalled.Count < Remembered ? items.Journalled : items.Journalled.RemoveAt(0);
        return items with { Journalled = recent.Add(id) };
    }

    private static VmItems Abort(VmItems items, ItemsInput.Aborted i, List<ItemsEffect> effects)
    {
        if (items.Work == i.Id) effects.Add(new ItemsEffect.Abort(i.Id));
        return items.Waiting.Find(waiting => waiting.Id == i.Id) switch
        {
            null => items,
            { Resume: true } begun => items with { Waiting = items.Waiting.Replace(begun, begun with { Aborted = true }) },
            { } never => Keep(
                items with { Waiting = items.Waiting.Remove(never) },
                new KeptOutcome(i.Id, new ItemOutcome(i.Id.Item, i.Id.Attempt, ItemState.Cancelled, i.Reason), null), effects),
        };
    }

    /// <summary>The run waits for the host, and orders it anew.</summary>
    private static VmItems HandBack(VmItems items, List<ItemsEffect> effects)
    {
        foreach (var held in items.Waiting.Where(items.IsHeld).ToList())
            items = Keep(
                items with { Waiting = items.Waiting.Remove(held) },
                new KeptOutcome(held.Id, ItemOutcome.Interrupted(held.Id.Item, held.Id.Attempt, "its host is draining"), null),
                effects);
        return items;
    }

    private static VmItems End(VmItems items, KeptOutcome ended, List<ItemsEffect> effects)
    {
        effects.Add(new ItemsEffect.EndWork());
        return Keep(items with { Work = null }, ended, effects);
    }

    private static VmItems Keep(VmItems items, KeptOutcome kept, List<ItemsEffect> effects)
    {
        effects.Add(new ItemsEffect.Tell(kept));
        return items with { Kept = items.Kept.RemoveAll(other => other.Id == kept.Id).Add(kept) };
    }

    private static VmItems Next(VmItems items, List<ItemsEffect> effects)
    {
        if (items.Sweeping || items.Work is not null) return items;
        if (items.Waiting.Find(waiting => !items.IsHeld(waiting)) is not { } first)
        {
            if (!items.ToSweep) return items;
            effects.Add(new ItemsEffect.Sweep());
            return items with { ToSweep = false, Sweeping = true };
        }
        var (next, resume, aborted) = first;
        effects.Add(new ItemsEffect.Begin(next, resume));
        if (aborted) effects.Add(new ItemsEffect.Abort(next));
        items = items with { Work = next, Waiting = items.Waiting.Remove(first) };
        TellWaiting(items, next, effects);
        return items;
    }

    /// <summary>Tells the run of each waiting item which run it waits for.</summary>
    private static void TellWaiting(VmItems items, ItemId work, List<ItemsEffect> effects) =>
        effects.AddRange(items.Waiting.Select(waiting => new ItemsEffect.TellWaiting(waiting.Id, work.Run)));
}
