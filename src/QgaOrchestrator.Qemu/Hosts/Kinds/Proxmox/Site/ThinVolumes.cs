using System.Globalization;
using QgaOrchestrator.Qemu.Disks;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

/// <summary>Which of a VM's volumes lie on thin storage (LVM-thin, sparse ZFS, Ceph RBD), and how much each holds.</summary>
internal sealed class ThinVolumes(ProxmoxSite site, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Those that are copied.</summary>
    public static IReadOnlyList<ConfigDisk> In(GuestConfig config, IReadOnlyDictionary<string, StorageConfig> storages) =>
        [.. config.Disks.Where(disk => disk.IsCopied && StorageOf(disk, storages) is { IsThin: true })];

    /// <summary>The same, with what their storages hold of them.</summary>
    public async Task<IReadOnlyList<ThinDisk>> MeasureAsync(GuestConfig config)
    {
        var storages = await ConfigReads.AskAsync(site.Storages, time).ConfigureAwait(false);
        List<ThinDisk> thin = [];
        foreach (var disk in In(config, storages))
            thin.Add(new(disk.Key, await HeldAsync(StorageOf(disk, storages)!, disk).ConfigureAwait(false)));
        return thin;
    }

    private async Task<long?> HeldAsync(StorageConfig storage, ConfigDisk disk)
    {
        var volume = disk.Volume.Split(':', 2)[^1];
        if (storage.Type == StorageConfig.LvmThin && storage.Options.GetValueOrDefault("vgname") is { } group)
        {
            var said = await AskAsync(
                "lvs", "--noheadings", "--nosuffix", "--units", "b", "--separator", ":", "-o", "lv_size,data_percent",
                $"{group}/{volume}").ConfigureAwait(false);
            return said?.Split(':') is [var size, var percent] && Number(size) is { } bytes && Number(percent) is { } part
                ? (long)Math.Ceiling(bytes * part / 100)
                : null;
        }

        if (storage.Type == StorageConfig.Zfs && storage.Options.GetValueOrDefault("pool") is { } pool)
        {
            var said = await AskAsync("zfs", "get", "-Hp", "-o", "value", "logicalreferenced", $"{pool}/{volume}")
                .ConfigureAwait(false);
            return said is not null && Number(said) is { } bytes ? (long)bytes : null;
        }

        return null;
    }

    private async Task<string?> AskAsync(string program, params string[] arguments)
    {
        var tool = new ProxmoxTool(site.Program(program), time);
        var said = await tool.RunAsync("look", Limit, arguments).ConfigureAwait(false);
        return said.IsDone ? said.Output.Trim() : null;
    }

    private static double? Number(string text) =>
        double.TryParse(text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static StorageConfig? StorageOf(ConfigDisk disk, IReadOnlyDictionary<string, StorageConfig> storages) =>
        disk.Volume.Split(':', 2) is [var storage, _] ? storages.GetValueOrDefault(storage) : null;
}
