namespace QgaOrchestrator.Actors.Stores;

/// <summary>
/// What the commands and processes of runs gave back. The journal holds no output. Results stay on the host of their VM, and
/// are written before the guest is asked: so the calls are synchronous, and done when they return. Results are kept for
/// <see cref="Age"/> and up to a size: then the oldest runs go first, but none with an item under way; what still does not
/// fit is not kept, and its stream is marked as truncated.
/// </summary>
public interface IResults
{
    static readonly TimeSpan Age = TimeSpan.FromDays(7);

    /// <summary>Comes before the guest is asked.</summary>
    /// <exception cref="IOException">It cannot be written, so the guest must not be asked.</exception>
    ItemResult Begin(string run, ItemResult asked);

    /// <summary>Replaces what is known of an item. Its streams are kept first.</summary>
    ItemResult Write(string run, ItemResult result);

    /// <summary>Keeps a stream of an item, in place of an earlier one of that name.</summary>
    KeptStream Keep(string run, int item, string name, ReadOnlySpan<byte> bytes, bool truncated = false);

    /// <returns>Null: nothing was asked for this item, or it is no longer kept.</returns>
    ItemResult? Read(string run, int item);

    /// <summary>In the order of the items.</summary>
    IEnumerable<ItemResult> List(string run);

    /// <returns>Null: there is no such stream, or it is no longer kept.</returns>
    Stream? Open(string run, int item, string name);
}
