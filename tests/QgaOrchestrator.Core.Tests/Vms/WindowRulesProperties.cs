using CsCheck;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>What holds for a window whatever happens to it, in whatever order.</summary>
public class WindowRulesProperties
{
    private static readonly Gen<WindowInput> Any = Gen.OneOf(
        Gen.Const<WindowInput>(new WindowInput.LedgerWritten()),
        Gen.Const<WindowInput>(new WindowInput.LooksThawed()),
        Gen.Const<WindowInput>(new WindowInput.CallerLeft()),
        Gen.Const<WindowInput>(new WindowInput.LedgerRefused("no ledger", "make room")),
        Gen.Const<WindowInput>(new WindowInput.Unguarded("no watchdog", "start it")),
        Gen.Long[0, 3].Select(count => (WindowInput)new WindowInput.FreezeReturned(count)),
        Gen.Bool.Select(not => (WindowInput)new WindowInput.FreezeRefused("refused", not)),
        Gen.Const<WindowInput>(new WindowInput.FreezeLost("lost")),
        Gen.Select(Gen.Bool, Gen.Long[0, 3]).Select(
            (sync, late) => (WindowInput)new WindowInput.Resynced(sync, late == 0 ? null : late)),
        Gen.Const<WindowInput>(new WindowInput.CutDone()),
        Gen.Const<WindowInput>(new WindowInput.CutFailed("not cut")),
        Gen.Long[0, 3].Select(count => WindowRun.Settled(900, count)),
        Gen.Bool.Select(offered => (WindowInput)new WindowInput.NotSettled("silent", offered)),
        Gen.Enum<WindowLimit>().Select(limit => (WindowInput)new WindowInput.LimitPassed(limit)),
        Gen.Const<WindowInput>(new WindowInput.ThawNow("stop")),
        Gen.Const<WindowInput>(new WindowInput.QemuGone()));

    /// <summary>Late and foreign inputs among those that lead into a window, so that most runs get past its beginning.</summary>
    private static readonly Gen<WindowInput[]> Story = Gen.Select(Gen.Bool, Any.Array[0, 25])
        .Select((begun, rest) => begun ? [new WindowInput.LedgerWritten(), new WindowInput.LooksThawed(), .. rest] : rest);

    [Fact]
    public void Behind_a_freeze_only_a_settlement_QEMUs_end_or_a_freeze_not_executed_closes() =>
        Each((before, input, window) =>
        {
            if (window.State is WindowState.Closed && before.MayBeFrozen)
            {
                Assert.True(
                    input is WindowInput.Settled or WindowInput.QemuGone or WindowInput.FreezeRefused { NotExecuted: true }
                        || (input is WindowInput.NotSettled { NotOffered: true } && before.Record.FreezeRefused),
                    $"{before} {input}"
                );
            }
        });

    [Fact]
    public void A_settlement_counts_only_after_a_thaw() =>
        Each((before, input, window) =>
        {
            if (input is WindowInput.Settled && window.State is WindowState.Closed && before is not WindowState.Closed)
                Assert.IsType<WindowState.Thawing>(before);
        });

    [Fact]
    public void A_guest_that_may_be_frozen_always_has_a_limit_that_leads_to_a_thaw() =>
        Each((_, _, window) =>
        {
            if (window.State is not { MayBeFrozen: true } or WindowState.Thawing) return;
            var left = window.State;
            for (var step = 0; left is not WindowState.Thawing; step++)
            {
                Assert.True(step < 2, $"{window.State} is not thawed by its limits");
                var limit = left is WindowState.Freezing ? WindowLimit.FreezeTimeout : WindowLimit.Lease;
                if (step == 0) Assert.Equal(limit, window.Armed);
                left = WindowRules.Step(left, new WindowInput.LimitPassed(limit), Clock.At(1000 * (step + 1))).State;
            }
        });

    [Fact]
    public void Exactly_one_thaw_is_under_way_while_thawing_and_none_before() =>
        Each((before, input, window) =>
        {
            var thaws = window.Last.OfType<WindowEffect.Thaw>().Count();
            var begins = before is not WindowState.Thawing && window.State is WindowState.Thawing;
            var again = before is WindowState.Thawing && window.State is WindowState.Thawing && input is WindowInput.NotSettled;
            Assert.Equal(begins || again ? 1 : 0, thaws);
        });

    [Fact]
    public void Waiting_is_given_up_once_at_most_and_only_after_three_rounds() =>
        Each((_, _, window) =>
        {
            Assert.InRange(window.GivenUp, 0, 1);
            var begun = window.All.OfType<WindowEffect.Thaw>().Select(thaw => thaw.Round).DefaultIfEmpty(0).Max();
            Assert.Equal(begun > WindowRules.RoundsBeforeQuarantine, window.GivenUp == 1);
        });

    [Fact]
    public void A_window_closes_once_and_ignores_later_inputs() =>
        Each((before, _, window) =>
        {
            Assert.Equal(window.State is WindowState.Closed ? 1 : 0, window.All.OfType<WindowEffect.Close>().Count());
            if (before is not WindowState.Closed) return;
            Assert.Equal(before, window.State);
            Assert.Empty(window.Last);
        });

    [Fact]
    public void What_belongs_to_an_earlier_phase_changes_nothing_while_thawing() =>
        Each((before, input, window) =>
        {
            if (
                before is not WindowState.Thawing
                || input
                    is WindowInput.Settled
                        or WindowInput.NotSettled
                        or WindowInput.QemuGone
                        or WindowInput.ThawNow
                        or WindowInput.LimitPassed { Limit: WindowLimit.Lease }
            )
                return;
            Assert.Equal(before, window.State);
            Assert.Empty(window.Last);
        });

    [Fact]
    public void Only_freeze_cut_and_thaw_in_their_own_order_hold() =>
        Each((_, _, window) =>
        {
            if (window.State is not WindowState.Closed { Record: { Broken: null } held })
                return;
            Assert.True(
                held is { Frozen: > 0, FrozenAt: not null, CutAt: not null, ThawedAt: not null, FreezeRefused: false },
                $"{held}"
            );
        }
        );

    [Fact]
    public void A_window_is_broken_for_one_reason_and_keeps_it() =>
        Each((before, _, window) =>
        {
            if (before.Record.Broken is { } reason && before is not (WindowState.Opening or WindowState.Looking))
                Assert.Equal(reason, window.Record.Broken);
        });

    private static void Each(Action<WindowState, WindowInput, WindowRun> check) =>
        Story.Sample(inputs =>
        {
            var window = WindowRun.Open();
            var ms = 0;
            foreach (var input in inputs)
            {
                var before = window.State;
                window.Step(ms += 7, input);
                check(before, input, window);
            }
        }, iter: 1000);
}
