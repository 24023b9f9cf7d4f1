namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>How one attempt to thaw a guest ended.</summary>
public abstract record ThawOutcome
{
    private ThawOutcome() { }

    /// <summary>A thaw was answered, and after it fsfreeze-status said thawed.</summary>
    /// <param name="Thawed">File systems that thaw's reply counts; null where it was an error, or where an earlier thaw's
    /// reply was lost, so that the count is not of this freeze.</param>
    /// <param name="Error">Thaw's error, where it answered with one (a failed hook; Windows: the freeze had expired).</param>
    /// <param name="SentTimestamp">When thaw was sent, by <see cref="TimeProvider.GetTimestamp"/>.</param>
    /// <param name="ThawedTimestamp">When its reply was read; after an error, when status said thawed.</param>
    /// <param name="At">The same moment by the wall clock, UTC.</param>
    public sealed record Settled(
        long? Thawed, string? Error, long SentTimestamp, long ThawedTimestamp, DateTimeOffset At) : ThawOutcome
    {
        /// <summary>
        /// The entry as it is now. Offsets are left as they are: they count from the freeze on the clock of the process
        /// that sent it, and only that one knows them.
        /// </summary>
        /// <param name="by">node, watchdog or qgactl.</param>
        /// <param name="user">This machine's user, where a person asked for it.</param>
        public LedgerEntry MergeInto(LedgerEntry entry, string by, string? user = null)
        {
            ArgumentNullException.ThrowIfNull(entry);
            return entry with
            {
                Phase = LedgerPhase.Thawed,
                Facts =
                    entry.Facts with { Thawed = Thawed, ThawError = Error, ThawedAt = At, ThawedBy = by, ThawedByUser = user },
            };
        }
    }

    /// <summary>The guest may still be frozen: rounds go on.</summary>
    /// <param name="NotOffered">The agent answered, and refuses thaw and status alike: it offers no freeze at all (disabled
    /// in the guest, or Windows without VSS). Where the freeze was refused too, nothing was ever frozen.</param>
    /// <param name="MayFreezeYet">It was seen thawed, and a freeze may still be on its way to it: rounds go on, and look.</param>
    public sealed record NotSettled(string Reason, bool NotOffered = false, bool MayFreezeYet = false) : ThawOutcome;
}
