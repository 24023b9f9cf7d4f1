using System.Runtime.CompilerServices;

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>
/// Drops a caller who follows a stream of events and does not read it. Kestrel's own rate does not see that: it counts how fast
/// the connection's buffers of a few megabytes are filled.
/// </summary>
public sealed class SlowReaders(TimeSpan patience, TimeProvider time)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The same items. The connection ends when one of them is not read in time.</summary>
    public async IAsyncEnumerable<T> DropAsync<T>(
        IAsyncEnumerable<T> items, HttpContext context, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var item in items.WithCancellation(cancel))
        {
            // The next item is asked for once this one is written.
            await using var timer = time.CreateTimer(_ => context.Abort(), null, patience, Timeout.InfiniteTimeSpan);
            yield return item;
        }
    }
}
