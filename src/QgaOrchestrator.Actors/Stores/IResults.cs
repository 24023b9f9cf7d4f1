namespace QgaOrchestrator.Actors.Stores;

/// <summary>
/// What the commands and processes of runs gave back. The journal holds no output. Results stay on the host of their VM, and are
/// written before a guest is asked that must not be asked twice: so the calls are synchronous, and done when they return. Results
/// are kept for <see cref="Age"/> and up to a size: then the oldest runs go first, but none that was written to within
/// <see cref="Quiet"/>, or has an item under way that was written; what still does not fit is not kept, and its stream is marked
/// as truncated.
/// </summary>
public interface IResults
{
    static readonly TimeSpan Age = TimeSpan.FromDays(7), Quiet = TimeSpan.FromHours(1);

    /// <summary>Replaces what is known of an item, with its streams. The first write comes before a guest is asked that must not
    /// be asked twice.</summary>
    /// <param name="streams">Added to those of <paramref name="result"/>, in place of earlier ones of these names.</param>
    /// <returns>The result as it is kept: with what is known of its streams.</returns>
    /// <exception cref="IOException">It cannot be written, so the guest must not be asked.</exception>
    ItemResult Write(string run, ItemResult result, params IReadOnlyList<StreamBytes> streams);

    /// <returns>Null: nothing was asked for this item, or it is no longer kept.</returns>
    ItemResult? Read(string run, int item);

    /// <summary>In the order of the items.</summary>
    IEnumerable<ItemResult> List(string run);

    /// <returns>Null: there is no such stream, or it is no longer kept.</returns>
    Stream? Open(string run, int item, string name);
}
