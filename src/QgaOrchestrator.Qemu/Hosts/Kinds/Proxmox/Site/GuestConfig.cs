using System.Globalization;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

/// <summary>
/// What Proxmox says of one VM: the top section of its file ID.conf (qm.conf(5)), a line <c>key: value</c> each. The sections
/// below it, as in <c>[snap1]</c>, are snapshots and changes that wait for the next start.
/// </summary>
internal sealed record GuestConfig
{
    private static readonly string[] Buses = ["ide", "sata", "scsi", "virtio"];

    /// <summary>Not unique in a cluster.</summary>
    public string? Name { get; private init; }

    public IReadOnlyList<string> Tags { get; private init; } = [];

    /// <summary>What locks the VM, as in "backup" or "migrate"; null: nothing.</summary>
    public string? Lock { get; private init; }

    public bool IsTemplate { get; private init; }

    public IReadOnlyList<ConfigDisk> Disks { get; private init; } = [];

    public static GuestConfig Parse(string text)
    {
        var config = new GuestConfig();
        var disks = new List<ConfigDisk>();
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd('\r')).TakeWhile(line => !line.StartsWith('[')))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line[0] == '#') continue;
            var (key, value) = (line[..colon].Trim(), line[(colon + 1)..].Trim());
            config = key switch
            {
                "name" => config with { Name = value },
                "tags" => config with { Tags = [.. value.Split([';', ',', ' '], StringSplitOptions.RemoveEmptyEntries)] },
                "lock" => config with { Lock = value },
                "template" => config with { IsTemplate = value == "1" },
                _ => config,
            };
            if (IsDisk(key)) disks.Add(ConfigDisk.Parse(key, value));
        }

        return config with { Disks = disks };
    }

    private static bool IsDisk(string key) => key is "efidisk0" or ConfigDisk.Tpm || Buses.Any(bus =>
        key.StartsWith(bus, StringComparison.Ordinal)
        && int.TryParse(key.AsSpan(bus.Length), NumberStyles.None, CultureInfo.InvariantCulture, out _));
}
