using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// A window's record as the ledger stores it, and back. Offsets are from the freeze's sending: monotonic instants mean
/// nothing to another process.
/// </summary>
internal static class LedgerFacts
{
    public static LedgerEntry Apply(LedgerEntry entry, WindowState state) => entry with
    {
        Phase = state switch
        {
            WindowState.Closed => LedgerPhase.Thawed,
            { Record.CutAt: not null } => LedgerPhase.Cut,
            { Record.FrozenAt: not null } => LedgerPhase.Frozen,
            _ => LedgerPhase.Opening,
        },
        Facts = From(state.Record, state is WindowState.Closed ? "node" : null),
    };

    /// <summary>An earlier process's entry, thawed by this one: its offsets stay, since they count on that one's clock.</summary>
    public static LedgerEntry Adopted(LedgerEntry entry, WindowState state) =>
        state is not WindowState.Closed
            ? entry
            : entry with
            {
                Phase = LedgerPhase.Thawed,
                Facts = entry.Facts with
                {
                    Thawed = state.Record.Thawed,
                    ThawError = state.Record.ThawError,
                    ThawedAt = state.Record.ThawedAt?.Utc,
                    ThawedBy = "node",
                    Broken = state.Record.Broken,
                },
            };

    public static WindowFacts From(WindowRecord record, string? thawedBy) => new()
    {
        FreezeSentAt = record.FreezeSent?.Utc,
        FrozenAt = At(record, record.FrozenAt),
        FrozenAfterMs = After(record, record.FrozenAt),
        Frozen = record.Frozen,
        CutAt = At(record, record.CutAt),
        CutAfterMs = After(record, record.CutAt),
        ThawSentAfterMs = After(record, record.ThawSent),
        ThawedAt = At(record, record.ThawedAt),
        ThawedAfterMs = After(record, record.ThawedAt),
        Thawed = record.Thawed,
        ThawError = record.ThawError,
        ThawedBy = thawedBy,
        Broken = record.Broken,
    };

    /// <summary>The record of an entry that an earlier process wrote; monotonic instants are rebuilt from the offsets.</summary>
    public static WindowRecord Record(WindowFacts facts)
    {
        return new()
        {
            FreezeSent = At(facts.FreezeSentAt, 0),
            FrozenAt = At(facts.FrozenAt, facts.FrozenAfterMs),
            Frozen = facts.Frozen,
            CutAt = At(facts.CutAt, facts.CutAfterMs),
            ThawSent = At(facts.FreezeSentAt + TimeSpan.FromMilliseconds(facts.ThawSentAfterMs ?? 0), facts.ThawSentAfterMs),
            ThawedAt = At(facts.ThawedAt, facts.ThawedAfterMs),
            Thawed = facts.Thawed,
            ThawError = facts.ThawError,
            Broken = facts.Broken,
        };

        static Moment? At(DateTimeOffset? utc, double? afterMs) =>
            utc is { } at && afterMs is { } ms ? new Moment(TimeSpan.FromMilliseconds(ms), at) : null;
    }

    /// <summary>UTC as it was when the freeze was sent, so that a clock that is stepped inside a window turns nothing
    /// around.</summary>
    private static DateTimeOffset? At(WindowRecord record, Moment? moment) =>
        record.FreezeSent is { } start && moment is { } end ? start.Utc + (end - start) : moment?.Utc;

    private static double? After(WindowRecord record, Moment? moment) =>
        record.FreezeSent is { } start && moment is { } end ? (end - start).TotalMilliseconds : null;
}
