using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>
/// A socket's path with <c>{vm}</c> once, in one component, as in <c>/run/vms/{vm}/qga.sock</c> or <c>/run/vms/{vm}.qga</c>.
/// </summary>
internal sealed class SocketPattern
{
    public const string Placeholder = "{vm}";

    private readonly string _before, _after;
    private readonly string _prefix, _suffix;

    public SocketPattern(string text)
    {
        Text = text;
        var at = text.IndexOf(Placeholder, StringComparison.Ordinal);
        (_before, _after) = (text[..at], text[(at + Placeholder.Length)..]);
        var (slash, end) = (_before.LastIndexOf('/'), _after.IndexOf('/', StringComparison.Ordinal));
        Root = slash == 0 ? "/" : _before[..slash];
        (_prefix, _suffix) = (_before[(slash + 1)..], end < 0 ? _after : _after[..end]);
        HasDirectory = end >= 0;
    }

    /// <summary>A config's other paths are refused; who reads it to tell what is wrong goes on with them.</summary>
    public static bool IsPattern(string text) => text.Contains(Placeholder, StringComparison.Ordinal);

    public string Text { get; }

    /// <summary>The directory whose entries hold the names.</summary>
    public string Root { get; }

    /// <summary>Each VM has a directory of its own.</summary>
    public bool HasDirectory { get; }

    /// <summary>That directory holds the socket itself.</summary>
    public bool IsInDirectory => HasDirectory && _after.LastIndexOf('/') == _after.IndexOf('/', StringComparison.Ordinal);

    public string PathOf(string name) => _before + name + _after;

    public string DirectoryOf(string name) => Path.Combine(Root, _prefix + name + _suffix);

    /// <summary>The name under which this pattern means the path; null: it does not.</summary>
    public string? NameOf(string path) =>
        path.Length > _before.Length + _after.Length
            && path.StartsWith(_before, StringComparison.Ordinal) && path.EndsWith(_after, StringComparison.Ordinal)
            && path[_before.Length..^_after.Length] is var name && !name.Contains('/', StringComparison.Ordinal)
            ? name
            : null;

    /// <summary>The same pattern with its directory's symbolic links followed.</summary>
    public SocketPattern Real() =>
        RealPath.Of(Root) is var real && real == Root ? this : new(Path.Combine(real, _prefix + Placeholder + _after));

    /// <summary>The names of all entries that fit, whatever is behind them.</summary>
    /// <exception cref="IOException">The directory is not there, or is none.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours to read.</exception>
    public IEnumerable<string> Names() => Directory.EnumerateFileSystemEntries(Root)
        .Select(path => Path.GetFileName(path))
        .Where(entry => entry.Length > _prefix.Length + _suffix.Length
            && entry.StartsWith(_prefix, StringComparison.Ordinal) && entry.EndsWith(_suffix, StringComparison.Ordinal))
        .Select(entry => entry[_prefix.Length..^_suffix.Length]);
}
