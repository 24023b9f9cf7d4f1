using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Stores;

/// <summary>
/// What lists and finished runs are answered from. They can be rebuilt from the journal, so a lost write costs one stale row.
/// A write is committed when its task is done, and repeating it changes nothing. Lists are newest first.
/// </summary>
/// <exception cref="StoreException">From every method: the store does not answer.</exception>
public interface IViews : IAsyncDisposable
{
    /// <summary>Comes before everything else. Calls <paramref name="rebuild"/> where the views are missing, older than this
    /// version, or a rebuild was interrupted.</summary>
    Task OpenAsync(Func<IViews, Task> rebuild);

    /// <summary>A run's summary, new or changed.</summary>
    Task SaveRunAsync(RunSummary run);

    /// <summary>A run that has ended, with its items. From now on requests are answered from here.</summary>
    Task SaveEndedRunAsync(RunSummary run, IReadOnlyList<RunItemView> items);

    /// <summary>Removes a run with its items and points.</summary>
    Task RemoveRunAsync(string id);

    /// <param name="at">When the point was made: lists are in this order.</param>
    Task SavePointAsync(RecoveryPoint point, DateTimeOffset at);

    Task<RunSummary?> GetRunAsync(string id);

    Task<ViewPage<RunSummary>> ListRunsAsync(int limit, ViewCursor? after);

    /// <summary>Items of an ended run in their order; empty for any other run.</summary>
    Task<IReadOnlyList<RunItemView>> ListItemsAsync(string run, int skip, int limit);

    Task<RecoveryPoint?> GetPointAsync(string id);

    /// <param name="vm">A VM's name, host/name or UUID; null: all.</param>
    Task<ViewPage<RecoveryPoint>> ListPointsAsync(string? vm, int limit, ViewCursor? after);

    /// <summary>Ids of the points that have this one as their parent, and so need it.</summary>
    Task<IReadOnlyList<string>> ListChildrenAsync(RecoveryPoint point);

    Task DeletePointAsync(string id);

    /// <summary>Done when the store has answered.</summary>
    Task PingAsync();
}
