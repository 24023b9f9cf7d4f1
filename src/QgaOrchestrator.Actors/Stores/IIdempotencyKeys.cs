namespace QgaOrchestrator.Actors.Stores;

/// <summary>The Idempotency-Keys of requests that start a run.</summary>
public interface IIdempotencyKeys
{
    /// <summary>How long a key is bound to its request.</summary>
    static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    /// <summary>Binds a key to a run's id. Of several calls with one key the first decides, also across a restart.</summary>
    /// <param name="request">What identifies the request.</param>
    /// <returns>
    /// <paramref name="run"/> for the first call; for a repeat of its request the run that the first call named; null where
    /// the key was used for another request.
    /// </returns>
    /// <exception cref="StoreException">The key is not bound.</exception>
    Task<string?> ClaimAsync(string key, string request, string run, DateTimeOffset now);
}
