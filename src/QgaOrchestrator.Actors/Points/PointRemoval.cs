using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Actors.Points;

/// <summary>
/// Deletes recovery points. First a note is written in the node's data directory; then point.json, the images, the directory and
/// the catalog's row are deleted; the note goes last. So a half-deleted point is never taken for one, and a deletion that a crash
/// interrupted is finished at the node's next start.
/// </summary>
/// <param name="notes">The directory of the notes, one for each point.</param>
public sealed partial class PointRemoval(IViews views, IOrchestrator orchestrator, string notes, ILogger<PointRemoval> log)
{
    /// <param name="missing">Deletes the catalog's row even if the directory is gone.</param>
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
                    "Correct that and delete it again. The rest of it is no longer a recovery point.");
            File.Delete(NoteOf(id));
            return new PointDeletion.Refused(point, $"Point {id} could not be deleted and is unchanged: {e.Message}",
                $"Let the node's user write to {point.Directory}, and delete it again.");
        }
    }

    /// <summary>Finishes what the end of an earlier node interrupted. Never fails: what cannot be finished is logged.</summary>
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
        // A group's point is withdrawn when another member fails, so it belongs to its run until that has ended.
        if (
            await views.GetRunAsync(point.Run) is { EndedAt: null }
            && await orchestrator.GetRunAsync(point.Run, cancel) is { Summary.EndedAt: null }
        )
            return new(
                point,
                $"Run {point.Run}, which made point {point.Id}, has not ended.",
                $"Wait for its end, or abort it: qgactl run abort {point.Run}."
            );
        if (await views.ListChildrenAsync(point) is { Count: > 0 } children)
            return new(
                point,
                $"Point {point.Id} is the parent of {string.Join(", ", children)}, which cannot be restored without it.",
                "Delete those first, each before its parent."
            );
        if (File.Exists(NoteOf(point.Id)))
            return null;
        if (!Directory.Exists(point.Directory) && !missing)
            return new(
                point,
                $"The directory of point {point.Id} is missing: {point.Directory}.",
                $"Mount its target. If the files are gone for good: qgactl point delete {point.Id} --missing (?missing=true)."
            );
        return PointFiles.IdIn(point.Directory) is { } other && other != point.Id
            ? new(
                point,
                $"{point.Directory} holds another point, {other}.",
                "Move that directory to its own place, then delete the point again."
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
        Message = "Finished the deletion of recovery point {Id}, which the end of an earlier node had interrupted"
    )]
    private partial void Resumed(string id);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The deletion of recovery point {Id} is not finished. Try it again: qgactl point delete {Id}"
    )]
    private partial void NotResumed(Exception e, string id);
}

/// <summary>How the deletion of a point ended.</summary>
public abstract record PointDeletion
{
    private PointDeletion() { }

    public sealed record NoSuchPoint : PointDeletion;

    /// <summary>The point is needed, or its files could not be deleted.</summary>
    public sealed record Refused(RecoveryPoint Point, string Reason, string Remedy) : PointDeletion;

    /// <param name="Removed">Files that were deleted.</param>
    /// <param name="Missing">Files of the point that were not there.</param>
    /// <param name="Left">What else is in its directory.</param>
    public sealed record Deleted(
        RecoveryPoint Point,
        IReadOnlyList<string> Removed,
        IReadOnlyList<string> Missing,
        IReadOnlyList<string> Left
    ) : PointDeletion;
}
