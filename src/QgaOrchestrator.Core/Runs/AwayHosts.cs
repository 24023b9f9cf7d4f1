using System.Collections.Immutable;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// The hosts on which nothing of a run begins now. Those whose node it cannot reach, and since when it knows that: it waits for
/// them for as long as its options say, and so long nothing of them ends either. And those that are being emptied: it waits for
/// them without a limit. Lost with the run's process: then the wait begins anew.
/// </summary>
public sealed record AwayHosts
{
    public static readonly AwayHosts None = new();

    private ImmutableSortedDictionary<string, DateTimeOffset> Since { get; init; } =
        ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal);

    private ImmutableSortedSet<string> Draining { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>VMs of these hosts whose guests have gone to another one: they are not waited for.</summary>
    private ImmutableHashSet<VmId> Elsewhere { get; init; } = [];

    public bool IsEmpty => Since.IsEmpty && Draining.IsEmpty;

    /// <param name="hosts">All that are away now.</param>
    /// <param name="draining">All that are being emptied.</param>
    /// <param name="elsewhere">VMs of these hosts whose guests have gone to another one.</param>
    /// <param name="now">The time.</param>
    public AwayHosts Seen(
        IEnumerable<string> hosts, IEnumerable<string> draining, IEnumerable<VmId> elsewhere, DateTimeOffset now) =>
        this with
        {
            Elsewhere = [.. elsewhere],
            Draining = Draining.Clear().Union(draining),
            Since = Since.Clear().AddRange(
                hosts.Distinct().Select(host => KeyValuePair.Create(host, Since.TryGetValue(host, out var since) ? since : now))),
        };

    public bool Has(string host) => Since.ContainsKey(host);

    /// <summary>Why nothing of a VM begins now, in words; null: it may.</summary>
    public string? WhyWaits(VmId vm) =>
        Elsewhere.Contains(vm) ? null
        : Has(vm.Host) ? $"the node of host {vm.Host} is not reachable"
        : Draining.Contains(vm.Host) ? $"host {vm.Host} is draining"
        : null;

    /// <summary>The host is away, and was waited for long enough.</summary>
    /// <param name="patience">Null: for ever.</param>
    public bool IsGivenUp(string host, TimeSpan? patience, DateTimeOffset now) =>
        patience is { } limit && Since.TryGetValue(host, out var since) && Duration.After(since, limit) <= now;

    /// <summary>When the next host has been waited for long enough; null: none will have.</summary>
    public DateTimeOffset? NextGivenUp(TimeSpan? patience, DateTimeOffset now) => patience is not { } limit
        ? null
        : Since.Values.Select(since => Duration.After(since, limit)).Where(at => at > now).Cast<DateTimeOffset?>().Min();
}
