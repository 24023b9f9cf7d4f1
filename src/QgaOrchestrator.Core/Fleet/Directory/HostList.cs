using System.Collections.Immutable;

namespace QgaOrchestrator.Core.Fleet.Directory;

/// <summary>
/// The VMs of another host, as it told them. One writer, the host itself, numbers its versions; so messages may be lost, late,
/// doubled or out of order, and what is missing shows: then all is asked for. A new one is of a host that
/// has told nothing yet.
/// </summary>
public sealed record HostList<T>
{
    /// <summary>Empty: nothing was told yet.</summary>
    public Guid Incarnation { get; private init; }

    public long Version { get; private init; }

    /// <summary>By name.</summary>
    public ImmutableDictionary<string, T> Vms { get; private init; } = ImmutableDictionary<string, T>.Empty;

    /// <summary>Parts of one list or change, until all have come.</summary>
    private ImmutableList<ListPart<T>> Parts { get; init; } = [];

    public bool IsKnown => Incarnation != Guid.Empty;

    /// <param name="nameOf">A VM's name.</param>
    /// <returns>The list with the part, and whether something is missing: then the host is asked for all.</returns>
    public (HostList<T> List, bool AskAll) Take(ListPart<T> part, Func<T, string> nameOf)
    {
        var parts = Parts is [var first, ..] && IsOfSame(first, part) ? Parts : [];
        if (parts.Any(known => known.Part == part.Part)) return (this, false);
        parts = parts.Add(part);
        return parts.Count < part.Parts ? (this with { Parts = parts }, false) : (this with { Parts = [] }).With(parts, nameOf);
    }

    /// <returns>Whether the host has told more than is known here.</returns>
    public bool IsBehind(Guid incarnation, long version) => incarnation != Incarnation || version > Version;

    /// <summary>All of it, for a node that the host itself cannot tell.</summary>
    /// <param name="bytesOf">The size of a VM in a message.</param>
    /// <param name="most">Bytes of one part.</param>
    public IReadOnlyList<ListPart<T>> All(Func<T, int> bytesOf, int most) =>
        ListParts.Of(Incarnation, 0, Version, Vms.Values, [], bytesOf, most);

    private static bool IsOfSame(ListPart<T> one, ListPart<T> other) =>
        (one.Incarnation, one.From, one.To, one.Parts) == (other.Incarnation, other.From, other.To, other.Parts);

    private (HostList<T> List, bool AskAll) With(ImmutableList<ListPart<T>> parts, Func<T, string> nameOf)
    {
        var told = parts[0];
        var isWhole = told.From == 0;
        if (told.Incarnation == Incarnation && told.To <= Version) return (this, false);
        if (!isWhole && (told.Incarnation != Incarnation || told.From > Version)) return (this, true);
        var vms = (isWhole ? Vms.Clear() : Vms)
            .RemoveRange(parts.SelectMany(part => part.Left))
            .SetItems(parts.SelectMany(part => part.Seen).Select(vm => KeyValuePair.Create(nameOf(vm), vm)));
        return (this with { Incarnation = told.Incarnation, Version = told.To, Vms = vms }, false);
    }
}
