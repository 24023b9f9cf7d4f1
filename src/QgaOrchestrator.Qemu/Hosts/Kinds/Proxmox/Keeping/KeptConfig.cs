using QgaOrchestrator.Qemu.Descriptions.CommandLines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Keeping;

/// <summary>
/// A VM's config as it is kept in a point: the top section of its VMID.conf, without secrets, and without what belongs to this
/// instant only (its lock) or to snapshots, which are not in the point.
/// </summary>
internal static class KeptConfig
{
    private static readonly HashSet<string> Passing =
        ["lock", "parent", "snaptime", "snapstate", "vmstate", "runningmachine", "runningcpu", "running-nets-host-mtu", "digest"];

    private static readonly HashSet<string> Arguments = ["args"];

    /// <returns>The text, and what was taken out of it.</returns>
    public static (string Text, IReadOnlyList<string> Redacted) Of(string config)
    {
        var (lines, redacted) = (new List<string>(), new List<string>());
        foreach (var line in config.Split('\n').Select(line => line.TrimEnd('\r')).TakeWhile(line => !line.StartsWith('[')))
        {
            if (line.Length == 0) continue;
            if (Pair(line) is not var (key, value)) lines.Add(line);
            else if (!Passing.Contains(key) && !key.StartsWith("unused", StringComparison.Ordinal))
                lines.Add($"{key}: {Clean(key, value, redacted)}");
        }

        return (string.Join('\n', lines) + "\n", redacted);
    }

    /// <summary>The lines as keys with their values; without its notes.</summary>
    public static IEnumerable<(string Key, string Value)> Pairs(string config) =>
        config.Split('\n').Select(line => line.TrimEnd('\r')).TakeWhile(line => !line.StartsWith('[')).Select(Pair)
            .Where(pair => pair is not null).Select(pair => pair!.Value);

    /// <summary>What people have written about the VM: the lines that begin with #.</summary>
    public static string Notes(string config) => string.Join('\n', config.Split('\n')
        .Select(line => line.TrimEnd('\r')).TakeWhile(line => !line.StartsWith('['))
        .Where(line => line.StartsWith('#')).Select(line => Uri.UnescapeDataString(line[1..])));

    private static (string Key, string Value)? Pair(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        return colon <= 0 || line[0] == '#' ? null : (line[..colon].Trim(), line[(colon + 1)..].Trim());
    }

    private static string Clean(string key, string value, List<string> redacted)
    {
        if (Arguments.Contains(key))
        {
            var words = ShellWords.Split(value);
            var (clean, taken) = CommandLineSecrets.Redact(words);
            redacted.AddRange(taken.Select(what => $"{what} in args"));
            return taken.Count == 0 && clean.SequenceEqual(words) ? value : ShellWords.Join(clean);
        }

        if (SecretText.IsSecret(key, value))
        {
            redacted.Add(key);
            return SecretText.Redacted;
        }

        var text = SecretText.Redact(value);
        if (text != value) redacted.Add($"a part of {key}");
        return text;
    }
}
