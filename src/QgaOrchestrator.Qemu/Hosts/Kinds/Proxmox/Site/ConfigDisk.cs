namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

/// <summary>One disk of a VM's config.</summary>
/// <param name="Key">As in scsi0, which is also its device's id in QEMU.</param>
/// <param name="Volume">As in local-lvm:vm-100-disk-0; "none" for an empty drive.</param>
internal sealed record ConfigDisk(string Key, string Volume, IReadOnlyDictionary<string, string> Options)
{
    public const string Tpm = "tpmstate0";

    /// <summary>A drive for media, also the one that holds cloud-init's data.</summary>
    public bool IsMedium =>
        Options.GetValueOrDefault("media") == "cdrom" || Volume.Contains("cloudinit", StringComparison.Ordinal);

    /// <summary>Its owner leaves it out of backups.</summary>
    public bool IsLeftOut => Options.GetValueOrDefault("backup") is "0" or "no" or "off" or "false";

    /// <summary>It is part of a backup.</summary>
    public bool IsCopied => !IsMedium && !IsLeftOut && Key != Tpm;

    public static ConfigDisk Parse(string key, string value)
    {
        var parts = value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(part => part.Split('=', 2))
            .ToList();
        var volume = parts.FirstOrDefault(part => part.Length == 1 || part[0] == "file");
        return new(
            key,
            volume?[^1] ?? "none",
            parts.Where(part => part.Length == 2 && part[0] != "file").DistinctBy(part => part[0])
                .ToDictionary(part => part[0], part => part[1]));
    }
}
