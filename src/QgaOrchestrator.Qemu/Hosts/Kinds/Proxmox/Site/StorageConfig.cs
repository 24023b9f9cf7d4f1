namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

/// <summary>One storage of the cluster's storage.cfg: a line <c>TYPE: NAME</c>, and below it an option in each indented
/// line.</summary>
internal sealed record StorageConfig(string Type, IReadOnlyDictionary<string, string> Options)
{
    public const string LvmThin = "lvmthin", Zfs = "zfspool", Rbd = "rbd";

    /// <summary>A volume there takes up what was written to it, and not its size.</summary>
    public bool IsThin => Type is LvmThin or Rbd || (Type == Zfs && Options.GetValueOrDefault("sparse") is "1");

    /// <summary>By their names.</summary>
    public static IReadOnlyDictionary<string, StorageConfig> Parse(string text)
    {
        var storages = new Dictionary<string, StorageConfig>();
        Dictionary<string, string>? options = null;
        foreach (var line in text.Split('\n').Where(line => line.Trim() is [not '#', ..]))
        {
            if (char.IsWhiteSpace(line[0]))
            {
                var words = line.Trim().Split([' ', '\t'], 2);
                options?.TryAdd(words[0], words.Length > 1 ? words[1].Trim() : "1");
            }
            else if (line.Split(':', 2) is [var type, var name])
            {
                options = [];
                storages[name.Trim()] = new(type.Trim(), options);
            }
        }

        return storages;
    }
}
