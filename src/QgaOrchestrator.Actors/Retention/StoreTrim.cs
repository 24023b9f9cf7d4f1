using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Retention;

/// <summary>
/// Removes what is older than Store.Keep: ended runs that nothing on this host needs any more, passwords that no guest and no
/// point can have, and the oldest entries of the audit log. A run is removed from the journal first and then from the views, so
/// the next trim finds what a crash left.
/// </summary>
public sealed class StoreTrim(
    string host,
    TimeSpan keep,
    IViews views,
    IJournal journal,
    IAuditLog audit,
    IEscrow escrow,
    FreezeLedger ledger,
    CutHost cuts,
    RunKinds kinds,
    TimeProvider time
)
{
    private const int RunsAtOnce = 100;

    /// <exception cref="IOException">A ledger cannot be read, so it is not known which runs it needs.</exception>
    /// <exception cref="StoreException">A store cannot be read or written; the next trim removes the rest.</exception>
    public async Task<TrimReport> TrimAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var before = now - keep;
        var needs = RunNeeds.Read(host, ledger, cuts, kinds);
        var runs = 0;
        // Newest first: what is removed meanwhile is in pages that were read.
        ViewCursor? at = new(before.ToUnixTimeMilliseconds(), "");
        do
        {
            var page = await views.ListRunsAsync(RunsAtOnce, at);
            foreach (var run in page.Items.Where(run => run.EndedAt < before))
            {
                stop.ThrowIfCancellationRequested();
                if (await RemoveAsync(run, needs, stop)) runs++;
            }
            at = page.Next;
        }
        while (at is not null);
        var generations = await new EscrowTrim(escrow, views).TrimAsync(before, stop);
        var trimmed = await audit.TrimAsync(before, runs, host, now, stop);
        return new TrimReport(runs, trimmed.Entries, trimmed.Broken) { Generations = generations };
    }

    private async Task<bool> RemoveAsync(RunSummary run, RunNeeds needs, CancellationToken stop)
    {
        if (needs.Needs(run, await views.ListItemsAsync(run.Id, 0, int.MaxValue))) return false;
        await journal.RemoveAsync(RunActor.PersistenceIdOf(run.Id), stop);
        await views.RemoveRunAsync(run.Id);
        return true;
    }
}

/// <summary>What a trim removed.</summary>
/// <param name="Runs">Ended runs, from the journal and the views.</param>
/// <param name="Entries">Entries of the audit log.</param>
/// <param name="Broken">The first entry of the audit log that is not what was written: from there on nothing is removed.</param>
public sealed record TrimReport(int Runs, long Entries, long? Broken)
{
    /// <summary>Passwords of the escrow that nobody needs any more.</summary>
    public int Generations { get; init; }
}
