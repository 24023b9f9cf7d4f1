using System.Collections.Immutable;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace QgaOrchestrator.Actors.Tests.Runs;

/// <summary>A journal in memory that a test can hold up, or make fail, before it writes.</summary>
public sealed class GatedJournal : MemoryJournal
{
    /// <summary>Awaited before each write of these events.</summary>
    internal static Func<IReadOnlyList<object>, Task> BeforeWrite { get; set; } = _ => Task.CompletedTask;

    protected override async Task<IImmutableList<Exception>> WriteMessagesAsync(
        IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        var events =
            writes.SelectMany(write => (IImmutableList<IPersistentRepresentation>)write.Payload).Select(e => e.Payload).ToList();
        await BeforeWrite(events);
        return await base.WriteMessagesAsync(writes, cancellationToken);
    }
}
