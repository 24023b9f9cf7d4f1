using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Views;

/// <summary>
/// What lists and finished runs are answered from: rebuilt from the journal at will, so a lost write costs a stale row and
/// nothing more. A save is done when it is committed. Lists are newest first.
/// </summary>
public interface IViews
{
    /// <summary>A run's summary, new or changed.</summary>
    Task SaveRunAsync(RunSummary run);

    /// <summary>A run that has ended, with its items: from now on it is answered from here.</summary>
    Task SaveEndedRunAsync(RunSummary run, IReadOnlyList<RunItemView> items);

    /// <param name="at">When the point was made, for the order of lists.</param>
    Task SavePointAsync(RecoveryPoint point, DateTimeOffset at);

    Task<RunSummary?> GetRunAsync(string id);

    Task<ViewPage<RunSummary>> ListRunsAsync(int limit, ViewCursor? after);

    /// <summary>Items of an ended run in their order; empty for any other.</summary>
    Task<IReadOnlyList<RunItemView>> ListItemsAsync(string run, int skip, int limit);

    Task<RecoveryPoint?> GetPointAsync(string id);

    /// <param name="vm">A VM's name, host/name or UUID; null: all.</param>
    Task<ViewPage<RecoveryPoint>> ListPointsAsync(string? vm, int limit, ViewCursor? after);

    /// <summary>Ids of the points that need this one: whose parent it is.</summary>
    Task<IReadOnlyList<string>> ListChildrenAsync(RecoveryPoint point);

    Task DeletePointAsync(string id);

    /// <summary>
    /// Binds an Idempotency-Key to a run's id for a day. The first caller gets its own <paramref name="run"/> back, a later
    /// one the first's; null: the key was used for another request.
    /// </summary>
    /// <param name="request">What identifies the request.</param>
    Task<string?> ClaimKeyAsync(string key, string request, string run, DateTimeOffset now);

    /// <summary>Done when the store has answered.</summary>
    Task PingAsync();
}
