using System.Globalization;
using System.Text;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Descriptions.CommandLines;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Keeping;

/// <summary>
/// A VM's config as one <c>qm create</c>, which takes an option for each key of the config, imports the images into the storages
/// that the disks had (import-from, Proxmox VE 7.2 and later), refuses a VMID that is taken, and leaves nothing where it fails.
/// </summary>
internal sealed class RestoredGuest
{
    public const string Qm = "qm", TpmState = "tpmstate0.raw";

    /// <summary>What Proxmox makes itself, or a VM that can be started has not.</summary>
    private static readonly HashSet<string> Made = ["meta", "vmgenid", "template"];

    private readonly MachineOrder _order;
    private readonly NewIdentity _identity;
    private readonly List<string> _notes = [];

    private RestoredGuest(MachineOrder order) => (_order, _identity) = (order, new(order.Random));

    public static RestoredMachine Of(MachineOrder order, string config) => new RestoredGuest(order).Make(config);

    private RestoredMachine Make(string config)
    {
        List<RestoredFile> files = [new(_order.PathOf("qm.conf"), Encoding.UTF8.GetBytes(config))];
        var tpm = _order.Files.FirstOrDefault(file => file.Part == MachinePart.Tpm);
        if (tpm is not null) files.Add(new(_order.PathOf(TpmState), tpm.Bytes));
        var id = _order.Define ?? _order.Vm;
        List<string> create = [Qm, "create", id];
        var images = _order.Disks.Where(disk => disk.Name.Length > 0).ToDictionary(disk => disk.Name);
        var disks = GuestConfig.Parse(config).Disks.ToDictionary(disk => disk.Key);
        foreach (var (key, value) in KeptConfig.Pairs(config).Where(pair => !Made.Contains(pair.Key)))
        {
            if (value == SecretText.Redacted)
            {
                _notes.Add($"{key} was a secret and is not in the point: set it (qm set {id} --{key} ...).");
                continue;
            }

            images.Remove(key, out var image);
            var given = disks.TryGetValue(key, out var disk) ? DiskOf(disk, image, tpm is not null) : Value(key, value);
            if (given is not null) create.AddRange([$"--{key}", given]);
        }

        if (KeptConfig.Notes(config) is { Length: > 0 } notes) create.AddRange(["--description", notes]);
        foreach (var image in images.Values.Concat(_order.Disks.Where(disk => disk.Name.Length == 0)))
            _notes.Add(string.Create(CultureInfo.InvariantCulture,
                $"The config has no disk for image {image.Index}: import it (qm disk import {id} {image.Image} STORAGE)."));
        if (create.Any(word => word.Contains(SecretText.Redacted, StringComparison.Ordinal)))
            _notes.Add($"Secrets are not in a point: put them in where an option says {SecretText.Redacted} (qm set {id} ...).");
        if (!_order.IsNew)
            _notes.Add("The VM keeps its UUID and its MAC addresses: start it only while the other one is stopped.");
        var start = ShellWords.Join([Qm, "start", id]);
        return new(files, [ShellWords.Join(create), start]) { Definition = create, Afterwards = [start], Notes = _notes };
    }

    /// <summary>Null: it is left out.</summary>
    private string? DiskOf(ConfigDisk disk, RestoredDisk? image, bool hasTpm)
    {
        const string cloudInit = "cloudinit";
        var storage = disk.Volume.Split(':')[0];
        var options = string.Concat(disk.Options.Where(option => option.Key != "size")
            .Select(option => $",{option.Key}={option.Value}"));
        if (image is not null) return $"{storage}:0,import-from={image.Image}{options}";
        if (disk.Key == ConfigDisk.Tpm)
        {
            if (hasTpm) return $"{storage}:0,import-from={_order.PathOf(TpmState)}{options}";
            _notes.Add("The state of the TPM is not in the point: the VM gets a new one, and what is sealed stays closed.");
            return $"{storage}:1{options}";
        }

        if (disk.IsMedium)
            return disk.Volume.Contains(cloudInit, StringComparison.Ordinal) ? $"{storage}:{cloudInit}" : disk.Volume + options;
        _notes.Add(
            $"Disk {disk.Key} ({disk.Volume}) is not in the point, so the VM has none: two VMs must not write to one disk.");
        return null;
    }

    private string Value(string key, string value)
    {
        if (!_order.IsNew) return value;
        if (key.StartsWith("net", StringComparison.Ordinal)) return _identity.WithNewMacs(value);
        return key == "smbios1"
            ? string.Join(',', value.Split(',').Select(part =>
                part.StartsWith("uuid=", StringComparison.Ordinal) ? $"uuid={_identity.Uuid}" : part))
            : value;
    }
}
