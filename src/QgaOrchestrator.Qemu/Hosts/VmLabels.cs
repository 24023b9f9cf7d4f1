namespace QgaOrchestrator.Qemu.Hosts;

/// <summary>What a kind of host says of a VM for selectors, as in pve.tag.web=true. Equal where the same is said.</summary>
public sealed class VmLabels : IEquatable<VmLabels>
{
    private readonly SortedDictionary<string, string> _all;

    private VmLabels(SortedDictionary<string, string> all) => _all = all;

    public static VmLabels None { get; } = new([]);

    /// <summary>By key. Both are of [A-Za-z0-9._/-], at most 128 characters.</summary>
    public IReadOnlyDictionary<string, string> All => _all;

    /// <summary>What no label can hold is replaced by an underscore; of two equal keys the first holds.</summary>
    public static VmLabels Of(IEnumerable<(string Key, string? Value)> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in labels)
            if (value is { Length: > 0 }) all.TryAdd(Fit(key), Fit(value));
        return new(all);
    }

    public bool Equals(VmLabels? other) => other is not null && _all.SequenceEqual(other._all);

    public override bool Equals(object? obj) => Equals(obj as VmLabels);

    public override int GetHashCode() => _all.Aggregate(0, (hash, label) => HashCode.Combine(hash, label.Key, label.Value));

    private static string Fit(string text)
    {
        const int longest = 128;
        return string.Concat(
            text.Take(longest).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' ? c : '_'));
    }
}
