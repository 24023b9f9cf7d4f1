using System.Text.Json;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>
/// Where this host's freeze ledger is. Node, watchdog and qgactl must come to the same path, so all of them ask here.
/// </summary>
/// <param name="Ledger">Freeze.Ledger; {host} stands for the host's name.</param>
/// <param name="Host">Node.Host; null: the machine's.</param>
/// <param name="DataDirectory">Node.DataDirectory.</param>
/// <param name="BaseDirectory">What relative paths are relative to: the config file's directory.</param>
public sealed record LedgerPath(string Ledger, string? Host, string DataDirectory, string BaseDirectory)
{
    public const string DefaultLedger = "/run/qgad/{host}";
    public const string DefaultDataDirectory = "./data";

    /// <summary>The name by which the cluster knows this machine: Node.Host, else its host name up to the first dot.</summary>
    public string HostName => string.IsNullOrEmpty(Host) ? Environment.MachineName : Host;

    /// <summary>Where the ledger should be.</summary>
    public string Preferred => Absolute(Ledger.Replace("{host}", HostName, StringComparison.Ordinal));

    /// <summary>Where it is instead while /run is not writable.</summary>
    public string Fallback => Path.Combine(Absolute(DataDirectory), "frozen");

    /// <summary>All places where a ledger of this config may be, the likeliest first: what a search by hand looks
    /// through.</summary>
    public IReadOnlyList<string> Candidates => IsUnderRun(Preferred) ? [Preferred, Fallback] : [Preferred];

    /// <summary>Whether this process can make files in the directory, or make the directory where there is none.</summary>
    public static bool CanBeWritten(string directory) => Libc.IsWritable(NearestExisting(Path.GetFullPath(directory)));

    /// <summary>Where the ledger is for this process. Nothing is made.</summary>
    public string Resolve() => Resolve(Libc.IsWritable);

    /// <param name="isWritable">Whether a directory that is there can be written.</param>
    public string Resolve(Func<string, bool> isWritable)
    {
        ArgumentNullException.ThrowIfNull(isWritable);
        return IsUnderRun(Preferred) && !isWritable(NearestExisting(Preferred)) ? Fallback : Preferred;
    }

    /// <summary>
    /// Reads Freeze.Ledger, Node.Host and Node.DataDirectory from a config file, where one is given, then from the
    /// environment (QGA__Freeze__Ledger), then from arguments (--Freeze:Ledger=PATH); the last one wins.
    /// </summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="FormatException">The file is not a JSON object, or a value of ours is not a string.</exception>
    public static LedgerPath Load(string? configFile, IEnumerable<string> arguments, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(environment);
        using var document = configFile is null ? null : Parse(configFile);
        var overrides = arguments.ToList();

        string? Value(string section, string key) =>
            Argument(overrides, $"--{section}:{key}")
            ?? environment($"QGA__{section}__{key}")
            ?? (document is null ? null : Member(document.RootElement, section, key, configFile!));

        return new LedgerPath(
            Value("Freeze", "Ledger") ?? DefaultLedger,
            Value("Node", "Host"),
            Value("Node", "DataDirectory") ?? DefaultDataDirectory,
            configFile is null ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(configFile))!);
    }

    private string Absolute(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, BaseDirectory));

    private static bool IsUnderRun(string path) =>
        path.StartsWith("/run/", StringComparison.Ordinal) || path.StartsWith("/var/run/", StringComparison.Ordinal);

    private static string NearestExisting(string path)
    {
        while (!Path.Exists(path))
            path = Path.GetDirectoryName(path)!;
        return path;
    }

    private static JsonDocument Parse(string configFile)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(configFile), new JsonDocumentOptions
            {
                AllowTrailingCommas = true,
                CommentHandling = JsonCommentHandling.Skip,
            });
        }
        catch (JsonException e)
        {
            throw new FormatException($"{configFile}: {e.Message}", e);
        }
    }

    private static string? Argument(List<string> arguments, string name)
    {
        var index = arguments.FindLastIndex(argument => Is(argument, name) || Is(argument.Split('=')[0], name));
        if (index < 0)
            return null;
        return arguments[index].IndexOf('=', StringComparison.Ordinal) is var at and >= 0 ? arguments[index][(at + 1)..]
            : index + 1 < arguments.Count ? arguments[index + 1]
            : throw new FormatException($"{name} needs a value");
    }

    private static string? Member(JsonElement root, string section, string key, string file)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new FormatException($"{file}: not a JSON object");
        if (Find(root, section) is not { ValueKind: JsonValueKind.Object } members)
            return null;
        return Find(members, key) switch
        {
            null or { ValueKind: JsonValueKind.Null } => null,
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            _ => throw new FormatException($"{file}: {section}.{key} is not a string"),
        };
    }

    // As the node's configuration does: keys in any case, the last of equal ones wins.
    private static JsonElement? Find(JsonElement element, string name)
    {
        JsonElement? found = null;
        foreach (var member in element.EnumerateObject())
            if (Is(member.Name, name))
                found = member.Value;
        return found;
    }

    private static bool Is(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
