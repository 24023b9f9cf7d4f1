using Akka.Hosting;

namespace QgaOrchestrator.Actors.Stores;

/// <summary>
/// The journal that persistent actors write to. Akka's plugin writes and reads it; this is what the node needs beside that.
/// A journal refuses a second event with the persistence id and sequence number of an earlier one.
/// </summary>
public interface IJournal
{
    /// <summary>Whether it holds nothing that views are built from.</summary>
    /// <exception cref="StoreException">It does not answer.</exception>
    Task<bool> IsNewAsync();

    /// <summary>Sets the plugin of the journal, of the snapshots, and of queries, and makes their tables where they can be
    /// made now.</summary>
    /// <exception cref="StoreException">They cannot, and will not by waiting.</exception>
    void Configure(AkkaConfigurationBuilder akka);

    /// <summary>Whether the journal has its tables.</summary>
    /// <exception cref="StoreException">It does not answer.</exception>
    Task<bool> IsReadyAsync();

    /// <summary>
    /// Removes an entity's events for good, the oldest first, a few at a time, so that the journal's writer is not held up.
    /// After a crash the rest of them begins without its first event; another call removes it.
    /// </summary>
    /// <exception cref="StoreException">The journal is busy; another call removes the rest.</exception>
    Task RemoveAsync(string persistenceId, CancellationToken stop);
}
