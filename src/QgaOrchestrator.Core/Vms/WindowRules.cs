namespace QgaOrchestrator.Core.Vms;

/// <summary>
/// The rules of one guest's window. After a freeze has been sent there is one way out: a thaw that is answered after it, with a
/// status that says thawed (or the end of QEMU). Whatever else happens only decides why the window broke.
/// </summary>
public static class WindowRules
{
    /// <summary>What to look at in a guest whose freeze has done nothing.</summary>
    private const string NothingFreezes =
        "Look in the guest: /proc/mounts must name a writable file system that can freeze (ext4, xfs, btrfs), its kernel must "
            + "support that (FIFREEZE), "
        + "and a list of mount points that was asked for must spell them as guest-get-fsinfo does. Or use consistency prefer";

    /// <summary>Rounds after which the item no longer waits.</summary>
    public const int RoundsBeforeQuarantine = 3;

    public static (WindowState State, IReadOnlyList<WindowEffect> Effects) Open(WindowOrder order) =>
        (new WindowState.Opening(order), [new WindowEffect.OpenLedger()]);

    /// <summary>A window that an earlier process left open: thaw it first, whatever it had come to.</summary>
    public static (WindowState State, IReadOnlyList<WindowEffect> Effects) Adopt(
        WindowOrder order,
        WindowRecord record,
        Moment now
    ) => Thaw(order, record with { Broken = record.Broken ?? "the node ended during the window" }, round: 1, now);

    public static (WindowState State, IReadOnlyList<WindowEffect> Effects) Step(
        WindowState state,
        WindowInput input,
        Moment now
    ) =>
        (state, input) switch
        {
            (WindowState.Closed, _) => (state, []),
            (_, WindowInput.QemuGone) =>
                Close(state, state.Record with { Broken = state.Record.Broken ?? "QEMU ended during the window" }),
            (_, WindowInput.GuestLeft) => Close(state, state.Record with
            {
                Broken = "the VM was moved to another host during the window, which thaws it",
                Remedy = "Run the backup again where the VM is now",
                Moved = true,
            }),

            (WindowState.Opening { Order.Mode: WindowMode.Group } s, WindowInput.LedgerWritten) => Reserve(s, now),
            (WindowState.Opening s, WindowInput.LedgerWritten) => Look(s.Order),
            (WindowState.Opening s, WindowInput.LedgerRefused i) =>
                Close(s, s.Record with { Broken = i.Reason, Remedy = i.Remedy }),
            (WindowState.Opening s, WindowInput.ThawNow i) => Close(s, s.Record with { Broken = i.Reason }),

            (WindowState.Opening or WindowState.Looking, WindowInput.CallerLeft) => Close(state, state.Record with
            {
                Broken = "the caller hung up before the freeze was sent",
            }),

            (WindowState.Looking s, WindowInput.LooksThawed) => Freeze(s.Order, now),
            (WindowState.Looking s, WindowInput.FreezeRefused i) => Close(s, s.Record with { Broken = i.Reason }),
            (WindowState.Looking s, WindowInput.FreezeLost i) => Close(s, s.Record with { Broken = i.Reason }),
            (WindowState.Looking s, WindowInput.Unguarded i) => Close(s, s.Record with { Broken = i.Reason, Remedy = i.Remedy }),
            (WindowState.Looking s, WindowInput.ThawNow i) => Close(s, s.Record with { Broken = i.Reason }),

            (WindowState.Reserved s, WindowInput.FreezeNow) => Look(s.Order),
            (WindowState.Reserved s, WindowInput.Unguarded i) => Close(s, s.Record with { Broken = i.Reason, Remedy = i.Remedy }),
            (WindowState.Reserved s, WindowInput.ThawNow i) => Close(s, s.Record with { Broken = i.Reason }),
            (WindowState.Reserved s, WindowInput.FreezeLost i) => Close(s, s.Record with { Broken = i.Reason }),
            (WindowState.Reserved s, WindowInput.LimitPassed { Limit: WindowLimit.Reservation }) => Close(s, s.Record with
            {
                Broken = $"the group did not freeze within {WindowOrder.ReservationHolds.TotalSeconds:0} s of this reservation",
            }),

            (WindowState.Freezing s, WindowInput.FreezeReturned { Count: > 0 } i) => Frozen(s, i.Count, now),
            (WindowState.Freezing s, WindowInput.FreezeReturned i) => Thaw(s.Order, s.Record with
            {
                FrozenAt = now,
                Frozen = i.Count,
                Broken = "the guest froze no file system (freeze returned 0)",
                Remedy = NothingFreezes,
            }, 0, now),
            (WindowState.Freezing s, WindowInput.FreezeRefused { NotExecuted: true } i) =>
                Close(s, s.Record with { Broken = i.Reason }),
            (WindowState.Freezing s, WindowInput.FreezeRefused i) =>
                Thaw(s.Order, s.Record with { Broken = i.Reason, FreezeRefused = true }, 0, now),
            (WindowState.Freezing s, WindowInput.FreezeLost i) =>
                Thaw(s.Order, s.Record with { Broken = i.Reason, Remedy = i.Remedy }, 1, now),
            (WindowState.Freezing s, WindowInput.LimitPassed { Limit: WindowLimit.FreezeTimeout }) =>
                Overdue(s, $"the guest has not answered its freeze within {s.Order.FreezeTimeout.TotalSeconds:0.###} s", now),
            (WindowState.Freezing s, WindowInput.ThawNow i) => Overdue(s, i.Reason, now),

            // An answered sync proves that the freeze has ended: thaw on the same link. The late reply only adds its count.
            (WindowState.Overdue s, WindowInput.Resynced { InSync: true } i) =>
                Thaw(s.Order, s.Record with { Frozen = i.LateCount ?? s.Record.Frozen }, 0, now),
            (WindowState.Overdue s, WindowInput.Resynced) => Thaw(s.Order, s.Record, 1, now),
            // No answer to the sync can come any more: thaw on a new link.
            (WindowState.Overdue s, WindowInput.LimitPassed { Limit: WindowLimit.Lease }) => Thaw(s.Order, s.Record, 1, now),
            (WindowState.Overdue s, WindowInput.FreezeLost) => (s, []),

            (WindowState.Frozen { Order.Mode: WindowMode.Group } s, WindowInput.CutNow i) => Cut(s, i.Hold, now),
            (WindowState.Cutting s, WindowInput.CutDone) => CutDone(s, s.Record with { CutAt = now }, now),
            (WindowState.Cutting s, WindowInput.CutFailed i) => Thaw(s.Order, s.Record with { Broken = i.Reason }, 0, now),
            (WindowState.Held s, WindowInput.AllCut) => Thaw(s.Order, s.Record, 0, now),

            (
                WindowState.Frozen
                    or WindowState.Cutting
                    or WindowState.Held,
                WindowInput.LimitPassed { Limit: WindowLimit.Lease }
            ) => Thaw(state.Order, state.Record with { Broken = LeaseEnded(state.Order) }, 0, now),
            (WindowState.Frozen or WindowState.Cutting or WindowState.Held, WindowInput.ThawNow i) => Thaw(
                state.Order,
                state.Record with { Broken = i.Reason },
                0,
                now
            ),
            (WindowState.Frozen or WindowState.Cutting or WindowState.Held, WindowInput.FreezeLost i) => Thaw(
                state.Order,
                state.Record with { Broken = i.Reason },
                1,
                now
            ),

            (WindowState.Thawing s, WindowInput.Settled i) => Settled(s, i),
            (WindowState.Thawing { Record.FreezeRefused: true } s, WindowInput.NotSettled { NotOffered: true }) =>
                Close(s, s.Record),
            (WindowState.Thawing s, WindowInput.NotSettled i) => NextRound(s, i.Reason),
            (WindowState.Thawing s, WindowInput.LimitPassed { Limit: WindowLimit.Lease }) =>
                (s with { Record = s.Record with { Broken = s.Record.Broken ?? LeaseEnded(s.Order) } }, []),
            (WindowState.Thawing s, WindowInput.ThawNow i) =>
                (s with { Record = s.Record with { Broken = s.Record.Broken ?? i.Reason } }, []),

            // Answers that come after the window has moved on: the cut of a window whose lease ended, a second EOF.
            _ => (state, []),
        };

    private static (WindowState, IReadOnlyList<WindowEffect>) Reserve(WindowState.Opening s, Moment now) =>
        (new WindowState.Reserved(s.Order),
        [
            new WindowEffect.Report(WindowProgress.Reserved),
            new WindowEffect.Arm(WindowLimit.Reservation, now + WindowOrder.ReservationHolds),
        ]);

    private static (WindowState, IReadOnlyList<WindowEffect>) Look(WindowOrder order) =>
        (new WindowState.Looking(order), [new WindowEffect.Look()]);

    private static (WindowState, IReadOnlyList<WindowEffect>) Freeze(WindowOrder order, Moment now) =>
        (new WindowState.Freezing(order, new WindowRecord { FreezeSent = now }),
        [
            new WindowEffect.Freeze(),
            new WindowEffect.Report(WindowProgress.Freezing),
            new WindowEffect.Arm(WindowLimit.FreezeTimeout, now + order.FreezeTimeout),
        ]);

    private static (WindowState, IReadOnlyList<WindowEffect>) Frozen(WindowState.Freezing s, long count, Moment now)
    {
        var frozen = new WindowState.Frozen(s.Order, s.Record with { FrozenAt = now, Frozen = count });
        IReadOnlyList<WindowEffect> held =
        [
            new WindowEffect.Report(WindowProgress.Frozen),
            new WindowEffect.Arm(WindowLimit.Lease, now + s.Order.Lease),
            new WindowEffect.MoveLedger(),
        ];
        if (s.Order.Mode != WindowMode.Alone)
            return (frozen, held);

        // The cut goes out before anything else is done: every microsecond here is a frozen guest's.
        var (cutting, cut) = Cut(frozen, hold: false, now);
        return (cutting, [.. cut, .. held]);
    }

    /// <summary>The transaction has what is left of the lease; where nothing is left, the group's order came too
    /// late.</summary>
    private static (WindowState, IReadOnlyList<WindowEffect>) Cut(WindowState.Frozen s, bool hold, Moment now)
    {
        var left = s.Order.Lease - (now - s.Record.FrozenAt!.Value);
        return left > TimeSpan.Zero
            ? (new WindowState.Cutting(s.Order, s.Record with { CutOrdered = true }, hold), [new WindowEffect.Cut(left)])
            : Thaw(s.Order, s.Record with { Broken = LeaseEnded(s.Order) }, 0, now);
    }

    private static (WindowState, IReadOnlyList<WindowEffect>) CutDone(WindowState.Cutting s, WindowRecord record, Moment now) =>
        s switch
        {
            { Hold: true } => (
                new WindowState.Held(s.Order, record),
                [new WindowEffect.Report(WindowProgress.Cut), new WindowEffect.MoveLedger()]),
            { Order.Mode: WindowMode.Group } =>
                Thaw(s.Order, record, 0, now, new WindowEffect.Report(WindowProgress.Cut), new WindowEffect.MoveLedger()),
            _ => Thaw(s.Order, record, 0, now, new WindowEffect.MoveLedger()),
        };

    private static (WindowState, IReadOnlyList<WindowEffect>) Overdue(WindowState.Freezing s, string reason, Moment now) =>
        (new WindowState.Overdue(s.Order, s.Record with { Broken = reason }),
        [
            new WindowEffect.Resync(s.Order.Lease),
            new WindowEffect.Arm(WindowLimit.Lease, now + s.Order.Lease),
        ]);

    private static (WindowState, IReadOnlyList<WindowEffect>) Thaw(
        WindowOrder order, WindowRecord record, int round, Moment now, params IReadOnlyList<WindowEffect> then) =>
        (new WindowState.Thawing(order, record with { ThawSent = now }, round), [new WindowEffect.Thaw(round), .. then]);

    private static (WindowState, IReadOnlyList<WindowEffect>) NextRound(WindowState.Thawing s, string reason)
    {
        var next = s with { Round = s.Round + 1 };
        return next.Round == RoundsBeforeQuarantine + 1
            ? (
                next,
                [
                    new WindowEffect.Thaw(next.Round),
                    new WindowEffect.GiveUpWaiting(s.Record.Broken is { } broken ? $"{broken}; {reason}" : reason),
                ]
            )
            : (next, [new WindowEffect.Thaw(next.Round)]);
    }

    private static (WindowState, IReadOnlyList<WindowEffect>) Settled(WindowState.Thawing s, WindowInput.Settled i)
    {
        var record = s.Record with { ThawedAt = i.At, Thawed = i.Thawed, ThawError = i.ThawError };
        return Close(s, record with { Broken = record.Broken ?? Doubt(s.Order, record) });
    }

    /// <summary>Why a window that went its whole way still does not hold, or null.</summary>
    private static string? Doubt(WindowOrder order, WindowRecord record) => record switch
    {
        { FrozenAt: { } frozen, ThawedAt: { } thawed } when thawed - frozen > order.Lease => LeaseEnded(order),
        { Frozen: { } frozen, Thawed: { } thawed } when thawed < frozen =>
            $"somebody else thawed the guest inside the window ({frozen} file systems froze, {thawed} thawed)",
        _ => null,
    };

    private static (WindowState, IReadOnlyList<WindowEffect>) Close(WindowState state, WindowRecord record) =>
        (new WindowState.Closed(state.Order, record),
        [
            new WindowEffect.Arm(null, default),
            new WindowEffect.MoveLedger(),
            new WindowEffect.Close(),
        ]);

    private static string LeaseEnded(WindowOrder order) =>
        $"the guest was frozen for more than its lease of {order.Lease.TotalSeconds:0.###} s";
}
