using System.Collections.Immutable;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// The hosts whose node a run cannot reach, and since when it knows that. It waits for them for as long as its options say: so
/// long nothing of them begins or ends. Lost with the run's process: then the wait begins anew.
/// </summary>
public sealed record AwayHosts
{
    public static readonly AwayHosts None = new();

    private ImmutableSortedDictionary<string, DateTimeOffset> Since { get; init; } =
        ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal);

    public bool IsEmpty => Since.IsEmpty;

    /// <param name="hosts">All that are away now.</param>
    public AwayHosts Seen(IEnumerable<string> hosts, DateTimeOffset now) => this with
    {
        Since = Since.Clear().AddRange(
            hosts.Distinct().Select(host => KeyValuePair.Create(host, Since.TryGetValue(host, out var since) ? since : now))),
    };

    public bool Has(string host) => Since.ContainsKey(host);

    /// <summary>The host is away, and was waited for long enough.</summary>
    /// <param name="patience">Null: for ever.</param>
    public bool IsGivenUp(string host, TimeSpan? patience, DateTimeOffset now) =>
        patience is { } limit && Since.TryGetValue(host, out var since) && Duration.After(since, limit) <= now;

    /// <summary>When the next host has been waited for long enough; null: none will have.</summary>
    public DateTimeOffset? NextGivenUp(TimeSpan? patience, DateTimeOffset now) => patience is not { } limit
        ? null
        : Since.Values.Select(since => Duration.After(since, limit)).Where(at => at > now).Cast<DateTimeOffset?>().Min();
}
