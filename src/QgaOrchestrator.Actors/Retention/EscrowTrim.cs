using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Actors.Retention;

/// <summary>Removes generations that ended before Store.Keep, but none that may be in force, or that a recovery point
/// names.</summary>
internal sealed class EscrowTrim(IEscrow escrow, IViews views)
{
    private const int AtOnce = 200;

    /// <returns>How many generations were removed.</returns>
    /// <exception cref="StoreException">A store cannot be read or written; the next trim removes the rest.</exception>
    public async Task<int> TrimAsync(DateTimeOffset before, CancellationToken stop)
    {
        var removed = 0;
        for (AccountId? after = null; ;)
        {
            var page = await escrow.ListAsync(after, AtOnce);
            foreach (var account in page.Where(account => account.Generations.Any(one => one.Ended < before)))
            {
                stop.ThrowIfCancellationRequested();
                var needed = await NeededAsync(account.Id);
                var kept = await escrow.ChangeAsync(
                    account.Id, now => now is null ? null : AccountRules.Trim(now, before, needed));
                removed += account.Generations.Count - (kept?.Generations.Count ?? 0);
            }
            if (page.Count < AtOnce) return removed;
            after = page[^1].Id;
        }
    }

    private async Task<HashSet<int>> NeededAsync(AccountId id)
    {
        var needed = new HashSet<int>();
        for (ViewCursor? at = null; ;)
        {
            var page = await views.ListPointsAsync(id.Vm, AtOnce, at);
            needed.UnionWith(
                from point in page.Items
                from password in point.Passwords ?? []
                where password.User == id.User
                select password.Generation);
            if (page.Next is null) return needed;
            at = page.Next;
        }
    }
}
