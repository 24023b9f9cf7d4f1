using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Serialization;

/// <summary>What the journal and the snapshot store hold. Manifests are a stored format: a row stays for good.</summary>
public static class StoredEvents
{
    public static IReadOnlyList<StoredEvent> Rows { get; } =
        [.. RunEventCatalog.Manifests.Select(row => new StoredEvent(row.Key, row.Value))];

    /// <summary>The types that Akka binds to <see cref="EventSerializer"/>; a row's type is one of these or derives from
    /// one.</summary>
    public static IReadOnlyList<Type> Bases { get; } = [typeof(RunEvent)];
}
