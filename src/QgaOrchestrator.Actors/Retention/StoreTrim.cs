using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Persistence;
using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Retention;

/// <summary>
/// Removes what is older than Store.Keep: ended runs that nothing on this host needs any more, from the journal first and then
/// from the views, so that whatever a crash leaves is removed by the next trim; and the audit log's oldest entries.
/// </summary>
public sealed class StoreTrim(
    string host,
    TimeSpan keep,
    SqliteViews views,
    JournalTrim journal,
    SqliteAudit audit,
    FreezeLedger ledger,
    CutHost cuts,
    TimeProvider time
)
{
    private const int RunsAtOnce = 100;

    /// <exception cref="IOException">A ledger cannot be read, so nobody knows which runs it needs.</exception>
    public async Task<TrimReport> TrimAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var before = now - keep;
        var needs = RunNeeds.Read(host, ledger, cuts);
        var runs = 0;
        // Newest first; what is removed meanwhile lies before the cursor.
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
        return await audit.TrimAsync(before, runs, host, now, stop);
    }

    private async Task<bool> RemoveAsync(RunSummary run, RunNeeds needs, CancellationToken stop)
    {
        if (needs.Needs(run.Id, await views.ListItemsAsync(run.Id, 0, int.MaxValue))) return false;
        await journal.RemoveAsync(RunActor.PersistenceIdOf(run.Id), stop);
        await views.RemoveRunAsync(run.Id);
        return true;
    }
}

/// <summary>What a trim has removed.</summary>
/// <param name="Runs">Ended runs, from journal and views.</param>
/// <param name="Entries">The audit log's oldest.</param>
/// <param name="Broken">The audit log's first entry that is not what was written: from there on nothing is removed.</param>
public sealed record TrimReport(int Runs, long Entries, long? Broken);
