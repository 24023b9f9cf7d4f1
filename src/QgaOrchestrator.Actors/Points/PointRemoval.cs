using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Actors.Points;

/// <summary>
/// Deletes recovery points. What was asked is noted in the node's data directory first and struck out last; in between go
/// point.json, the images, the directory, and the catalog's row. So nothing half-deleted is ever taken for a point, and what a
/// crash interrupted is finished at the node's next start.
/// </summary>
/// <param name="notes">The directory of the notes, one a point.</param>
public sealed partial class PointRemoval(IViews views, IOrchestrator orchestrator, string notes, ILogger<PointRemoval> log)
{
    /// <param name="missing">Deletes the catalog's row also where the directory is gone.</param>
    public async Task<PointDeletion> DeleteAsync(string id, bool missing, CancellationToken cancel)
    {
        if (await views.GetPointAsync(id) is not { } point) return new PointDeletion.NoSuchPoint();
        if (await HinderedAsync(point, missing, cancel) is { } hindered) return hindered;
        try
        {
            Note(id);
            return await FinishAsync(point);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (PointFiles.IdIn(point.Directory) != id)
                return new PointDeletion.Refused(point, $"Not all of point {id} could be deleted: {e.Message}",
                    "Mend that and delete it again. What is left of it is no recovery point any more.");
            File.Delete(NoteOf(id));
            return new PointDeletion.Refused(point, $"Point {id} could not be deleted, and is as it was: {e.Message}",
                $"Let the node's user write in {point.Directory}, and delete it again.");
        }
    }

    /// <summary>Finishes what the end of an earlier node interrupted. Never fails: what cannot be finished is told.</summary>
    public async Task ResumeAsync()
    {
        if (!Directory.Exists(notes)) return;
        foreach (var id in Directory.GetFiles(notes).Select(Path.GetFileName).OfType<string>())
        {
            try
            {
                if (await views.GetPointAsync(id) is { } point) await FinishAsync(point);
                else File.Delete(NoteOf(id));
                Resumed(id);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                NotResumed(e, id);
            }
        }
    }

    private async Task<PointDeletion.Refused?> HinderedAsync(RecoveryPoint point, bool missing, CancellationToken cancel)
    {
        // A group's point is withdrawn when another member fails, so it is the run's until the whole run has ended.
        if (
            await views.GetRunAsync(point.Run) is { EndedAt: null }
            && await orchestrator.GetRunAsync(point.Run, cancel) is { Summary.EndedAt: null }
        )
            return new(
                point,
                $"Run {point.Run}, which makes point {point.Id}, has not ended.",
                $"Wait for its end, or abort it: qgactl run abort {point.Run}."
            );
        if (await views.ListChildrenAsync(point) is { Count: > 0 } children)
            return new(
                point,
                $"Point {point.Id} is the parent of {string.Join(", ", children)}: without it they cannot be restored.",
                "Delete those first, the newest before its parent."
            );
        if (File.Exists(NoteOf(point.Id)))
            return null;
        if (!Directory.Exists(point.Directory) && !missing)
            return new(
                point,
                $"The directory of point {point.Id} is not there: {point.Directory}.",
                $"Mount its target. Where the files are gone for good: qgactl point delete {point.Id} --missing (?missing=true)."
            );
        return PointFiles.IdIn(point.Directory) is { } other && other != point.Id
            ? new(
                point,
                $"{point.Directory} holds another point, {other}.",
                "Move that directory to its own place, then delete again."
            )
            : null;
    }

    private async Task<PointDeletion> FinishAsync(RecoveryPoint point)
    {
        var (removed, missing, left) = await Task.Run(() => PointFiles.Delete(point));
        await views.DeletePointAsync(point.Id);
        File.Delete(NoteOf(point.Id));
        return new PointDeletion.Deleted(point, removed, missing, left);
    }

    private string NoteOf(string id) => Path.Combine(notes, Path.GetFileName(id));

    private void Note(string id)
    {
        Directory.CreateDirectory(notes);
        using var file = new FileStream(NoteOf(id), FileMode.OpenOrCreate, FileAccess.Write);
        file.Flush(flushToDisk: true);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "The deletion of recovery point {Id}, which the end of an earlier node interrupted, is finished"
    )]
    private partial void Resumed(string id);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The deletion of recovery point {Id} is not finished: qgactl point delete {Id} tries it again"
    )]
    private partial void NotResumed(Exception e, string id);
}

/// <summary>What became of a point that was to be deleted.</summary>
public abstract record PointDeletion
{
    private PointDeletion() { }

    public sealed record NoSuchPoint : PointDeletion;

    /// <summary>It is needed, or its files could not be deleted.</summary>
    public sealed record Refused(RecoveryPoint Point, string Reason, string Remedy) : PointDeletion;

    /// <param name="Removed">Files that were deleted.</param>
    /// <param name="Missing">Files of the point that were not there.</param>
    /// <param name="Left">What lies in its directory and is not the point's.</param>
    public sealed record Deleted(
        RecoveryPoint Point,
        IReadOnlyList<string> Removed,
        IReadOnlyList<string> Missing,
        IReadOnlyList<string> Left
    ) : PointDeletion;
}
