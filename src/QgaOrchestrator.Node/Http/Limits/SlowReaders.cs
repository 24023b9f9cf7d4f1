using System.Runtime.CompilerServices;

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>
/// Drops who follows a stream of events and does not read: what is written to a connection waits in buffers of a few megabytes,
/// and Kestrel's own rate counts how fast those were filled.
/// </summary>
public sealed class SlowReaders(TimeSpan patience, TimeProvider time)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The same items; the connection ends when one of them is not taken in time.</summary>
    public async IAsyncEnumerable<T> DropAsync<T>(
        IAsyncEnumerable<T> items, HttpContext context, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var item in items.WithCancellation(cancel))
        {
            // The next one is asked for when this one is written.
            await using var timer = time.CreateTimer(_ => context.Abort(), null, patience, Timeout.InfiniteTimeSpan);
            yield return item;
        }
    }
}
