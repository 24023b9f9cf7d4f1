namespace QgaOrchestrator.Core.Fleet.Directory;

/// <summary>The list of a host's own VMs, and what others were not told of it yet. The host's process is its only
/// writer.</summary>
/// <param name="incarnation">Of this process.</param>
/// <param name="bytesOf">The size of a VM in a message.</param>
/// <param name="most">Bytes of one part.</param>
public sealed class ToldList<T>(Guid incarnation, Func<T, int> bytesOf, int most)
    where T : class
{
    private readonly SortedDictionary<string, T> _vms = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);

    public Guid Incarnation { get; } = incarnation;

    /// <summary>Of what was told last. A list that was never told has 1: it may be asked for.</summary>
    public long Version { get; private set; } = 1;

    public T? Find(string name) => _vms.GetValueOrDefault(name);

    public IReadOnlyCollection<string> Names => _vms.Keys;

    public bool HasChanged => _changed.Count > 0;

    public void Put(string name, T vm)
    {
        _vms[name] = vm;
        _changed.Add(name);
    }

    public void Remove(string name)
    {
        if (_vms.Remove(name)) _changed.Add(name);
    }

    /// <summary>What has changed since the last call, as a new version.</summary>
    public IReadOnlyList<ListPart<T>> Changes()
    {
        if (!HasChanged) return [];
        Version++;
        var parts = Parts(
            Version - 1,
            [.. _changed.Where(_vms.ContainsKey).Select(name => _vms[name])],
            [.. _changed.Where(name => !_vms.ContainsKey(name))]);
        _changed.Clear();
        return parts;
    }

    /// <summary>All VMs in the version that was told last.</summary>
    /// <exception cref="InvalidOperationException">Something has changed since: one version has one content, since parts of two
    /// answers may meet.</exception>
    public IReadOnlyList<ListPart<T>> All() =>
        HasChanged ? throw new InvalidOperationException("changes are told first") : Parts(0, [.. _vms.Values], []);

    private IReadOnlyList<ListPart<T>> Parts(long from, IReadOnlyList<T> seen, IReadOnlyList<string> left) =>
        ListParts.Of(Incarnation, from, Version, seen, left, bytesOf, most);
}
