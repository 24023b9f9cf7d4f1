using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Hosts;

/// <summary>
/// The rules of a host's guard: who may freeze, what a limit does, when an entry may go, and when the node's heart stops. Its
/// heartbeat says to the watchdog "limits run and are heeded": a node that cannot say so is ended, and its guests are thawed
/// by their ledger.
/// </summary>
public static class GuardRules
{
    /// <summary>A window that has not said within this time that it heard its limit is not thawing.</summary>
    public static readonly TimeSpan LimitHeard = TimeSpan.FromSeconds(1);

    /// <summary>Whether a window may open on a VM.</summary>
    /// <param name="found">What the ledger holds for the VM; null: nothing.</param>
    /// <param name="held">The host is being emptied, and the window is none of an item's (<see cref="DrainRules"/>).</param>
    public static OpenAnswer MayOpen(GuardState guard, string window, EntryOnDisk? found, bool held = false) => guard switch
    {
        { Stopping: not null } => OpenAnswer.Stopping,
        _ when held => OpenAnswer.Draining,
        { Watchdog: WatchdogSight.Reaching } => OpenAnswer.Wait,
        { Watchdog: WatchdogSight.Missing } => OpenAnswer.Unguarded,
        _ when found is { Thawed: false }
                && found.Window != window
                && guard.Windows.GetValueOrDefault(found.Window) is not { Thawed: true } => OpenAnswer.LeftOpen,
        _ => OpenAnswer.Yes,
    };

    /// <summary>Why the heart must not beat now; null: it may. A node whose thaws are in vain is healthy: the guest is
    /// not.</summary>
    public static string? Silence(GuardState guard, Moment now)
    {
        foreach (var (window, it) in guard.Windows)
        {
            if (it.Unheard is { } told && now - told > LimitHeard)
                return $"{it.Vm}: the window {window} has not heard within {LimitHeard.TotalSeconds:0} s that its limit passed";
            if (it is { ThawDue: { } due, Thawing: false, Thawed: false } && now.Monotonic > due.Monotonic)
                return $"{it.Vm}: the window {window} has not begun to thaw in the time that its freeze was given";
        }
        return null;
    }

    /// <summary>How many guests may be frozen by a window.</summary>
    public static int Open(GuardState guard) => guard.Windows.Values.Count(window => !window.Thawed);

    /// <summary>Whether a window's entry may leave the ledger: the guest is thawed, the window's run has journalled how it ended,
    /// and the audit log has the thaw.</summary>
    public static bool MayGo(GuardedWindow window) => window is { Thawed: true, Journalled: true, Auditing: false };

    public static (GuardState State, IReadOnlyList<GuardEffect> Effects) Step(GuardState guard, GuardInput input, Moment now) =>
        input switch
        {
            GuardInput.Found i => (With(guard, i.Window, new GuardedWindow(i.Vm) { Thawed = i.Thawed }), []),
            GuardInput.Opened i => (With(guard, i.Window, new GuardedWindow(i.Vm) { Held = true }), []),
            GuardInput.FreezeSent i => Change(guard, i.Window, it => it with { ThawDue = i.ThawDue, Thawing = false }),
            GuardInput.ThawBegun i => Change(guard, i.Window, it => it with { Thawing = true }),
            GuardInput.Settled i =>
                Closed(Change(guard, i.Window, it => it with { Thawed = true, Held = false, ThawDue = null, Unheard = null })),
            GuardInput.Journalled i => Change(guard, i.Window, it => it with { Journalled = true }),
            GuardInput.Auditing i => Change(guard, i.Window, it => it with { Auditing = true }),
            GuardInput.Audited i => Change(guard, i.Window, it => it with { Auditing = false }),
            GuardInput.LimitPassed i when guard.Windows.GetValueOrDefault(i.Window) is { Held: true } =>
                (Change(guard, i.Window, it => it with { Unheard = now }).State, [new GuardEffect.TellLimit(i.Window, i.Limit)]),
            GuardInput.Heard i => Change(guard, i.Window, it => it with { Unheard = null }),
            GuardInput.Ended i when guard.Windows.GetValueOrDefault(i.Window) is { Held: true } it => Closed(Ended(guard, i, it)),
            GuardInput.Watchdog i => Watch(guard, i.Sight),
            GuardInput.Stop i => Closed((guard with { Stopping = i.Reason },
                [new GuardEffect.AnswerWaiting(), .. Held(guard).Select(window => new GuardEffect.ThawNow(window))])),
            _ => (guard, []),
        };

    /// <summary>
    /// Its actor hears nothing any more. The VM's actor adopts the window and thaws at once; the deadline stays until that has
    /// begun. Where the VM's sockets are gone, neither we nor the watchdog can thaw.
    /// </summary>
    private static (GuardState, IReadOnlyList<GuardEffect>) Ended(GuardState guard, GuardInput.Ended i, GuardedWindow it) =>
        (
            With(
                guard,
                i.Window,
                it with
                {
                    Held = false,
                    Unheard = null,
                    Thawing = false,
                    ThawDue = i.VmIsHere ? it.ThawDue : null,
                }
            ),
            i.VmIsHere ? [new GuardEffect.GiveToVm(it.Vm)] : []
        );

    private static (GuardState, IReadOnlyList<GuardEffect>) Watch(GuardState guard, WatchdogSight sight)
    {
        var effects = new List<GuardEffect>();
        if (guard.Watchdog == WatchdogSight.Guarding && sight != WatchdogSight.Guarding)
            effects.AddRange(Held(guard).Select(window => new GuardEffect.TellUnguarded(window)));
        if (guard.Watchdog == WatchdogSight.Reaching && sight != WatchdogSight.Reaching)
            effects.Add(new GuardEffect.AnswerWaiting());
        return (guard with { Watchdog = sight }, effects);
    }

    private static (GuardState State, IReadOnlyList<GuardEffect> Effects) Change(
        GuardState guard, string window, Func<GuardedWindow, GuardedWindow> change)
    {
        if (!guard.Windows.TryGetValue(window, out var found)) return (guard, []);
        var changed = change(found);
        return MayGo(changed)
            ? (guard with { Windows = guard.Windows.Remove(window) }, [new GuardEffect.RemoveEntry(window, changed.Vm)])
            : (With(guard, window, changed), []);
    }

    private static (GuardState, IReadOnlyList<GuardEffect>) Closed((GuardState State, IReadOnlyList<GuardEffect> Effects) step) =>
        step.State.Stopping is not null && !Held(step.State).Any()
            ? (step.State, [.. step.Effects, new GuardEffect.AllClosed()])
            : step;

    private static IEnumerable<string> Held(GuardState guard) =>
        guard.Windows.Where(window => window.Value.Held).Select(window => window.Key);

    private static GuardState With(GuardState guard, string window, GuardedWindow it) =>
        guard with { Windows = guard.Windows.SetItem(window, it) };
}
