using System.Globalization;
using System.Text.RegularExpressions;

namespace QgaOrchestrator.Core.Points;

/// <summary>/proc/mounts of a Linux guest: which mounts can be written to.</summary>
public sealed partial class MountTable
{
    private readonly Dictionary<string, bool> _writable = [];

    public MountTable(string mounts)
    {
        foreach (var fields in mounts.Split('\n').Select(line => line.Split(' ')).Where(fields => fields.Length >= 4))
        {
            var mountpoint = Unescape(fields[1]);
            _writable[mountpoint] = _writable.GetValueOrDefault(mountpoint) || fields[3].Split(',').Contains("rw");
        }
    }

    /// <summary>Null: nothing is mounted there.</summary>
    public bool? Writable(string mountpoint) => _writable.TryGetValue(mountpoint, out var writable) ? writable : null;

    /// <summary>The kernel writes blanks and backslashes in octal.</summary>
    public static string Unescape(string field) =>
        Octal().Replace(field, match => ((char)Convert.ToInt32(match.Value[1..], 8)).ToString(CultureInfo.InvariantCulture));

    [GeneratedRegex(@"\\[0-3][0-7]{2}")]
    private static partial Regex Octal();
}
