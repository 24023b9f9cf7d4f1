using System.Globalization;
using System.Text;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Keeping;

/// <summary>A machine of Proxmox's is its config, VMID.conf. Its variables of the firmware are a disk (efidisk0), which is cut
/// with the others; the state of its TPM is a volume beside (tpmstate0).</summary>
internal sealed class ProxmoxKeeper : IMachineKeeper
{
    private const int LeastId = 100;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public async Task<MachineDescription> DescribeAsync(DescribedVm vm)
    {
        if (vm.Address is not ProxmoxVm { Site: var site, Id: var id })
            return MachineDescription.Unknown("its VMID is not known", "See the node's log, and report it");
        try
        {
            var (text, redacted) = KeptConfig.Of(
                await ConfigReads.AskAsync(() => File.ReadAllText(site.ConfigOf(id)), vm.Time).ConfigureAwait(false));
            var config = GuestConfig.Parse(text);
            var (states, missing) = await TpmAsync(config, site, vm.Time).ConfigureAwait(false);
            return new([new($"{ProxmoxVm.NameOf(id)}.conf", Encoding.UTF8.GetBytes(text))])
            {
                States = states,
                Disks = [.. vm.Disks.Select(disk => NameOf(disk, config))],
                Redacted = redacted,
                Missing = missing is null ? [] : [missing],
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return MachineDescription.Unknown(
                $"{site.ConfigOf(id)} cannot be read: {e.Message.TrimEnd('.')}", "See systemctl status pve-cluster");
        }
    }

    public RestoredMachine Restore(MachineOrder order) =>
        RestoredGuest.Of(order, Encoding.UTF8.GetString(order.Required(MachinePart.Description, "VMID.conf").Bytes.Span));

    public async Task<MachineException?> ObstacleAsync(MachineOrder order, CancellationToken cancel)
    {
        if (!int.TryParse(order.Define, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id < LeastId)
            return new(
                $"'{order.Define}' is no VMID",
                $"Give a number from {LeastId} that no VM or container has: pvesh get /cluster/nextid");
        // The list is the cluster's, and of containers too; qm knows this host's VMs.
        var site = new ProxmoxSite("/etc/pve", "/run/qemu-server", TakesLock: false, "/");
        var owner = site.Owners().GetValueOrDefault(id) ?? site.OwnerOf(id);
        var said = await MachineProgram.RunAsync([RestoredGuest.Qm, "status", order.Define!], cancel).ConfigureAwait(false);
        if (owner is null && said.ExitCode != 0)
            return said.Error.Contains("does not exist", StringComparison.Ordinal)
                ? null
                : new($"Proxmox does not answer: {said.Error.TrimEnd('.')}", "See systemctl status pve-cluster");
        return new(
            $"there is a VM or container {id} already{(owner is null ? "" : $" on host {owner}")}",
            "Give another VMID: pvesh get /cluster/nextid tells one");
    }

    /// <summary>By the device's id, or the drive's, which begins with "drive-".</summary>
    private static string NameOf(PlannedDisk disk, GuestConfig config)
    {
        const string firmware = "efidisk0", drive = "drive-";
        string?[] names = [DeviceId.Of(disk.Qdev), disk.Name, disk.Node, disk.Firmware ? firmware : null];
        return names.OfType<string>()
            .Select(name => name.StartsWith(drive, StringComparison.Ordinal) ? name[drive.Length..] : name)
            .FirstOrDefault(name => config.Disks.Any(known => known.Key == name)) ?? "";
    }

    private static async Task<(IReadOnlyList<MachineState> States, MissingPart? Missing)> TpmAsync(
        GuestConfig config, ProxmoxSite site, TimeProvider time)
    {
        if (config.Disks.FirstOrDefault(disk => disk.Key == ConfigDisk.Tpm) is not { } tpm) return ([], null);
        var said = await new ProxmoxTool(site.Program("pvesm"), time).RunAsync("look", Limit, "path", tpm.Volume)
            .ConfigureAwait(false);
        return said.IsDone && said.Output.Trim() is ['/', ..] path
            ? ([new(RestoredGuest.TpmState, MachinePart.Tpm, path)], null)
            : ([], new(
                MachinePart.Tpm, $"the volume {tpm.Volume} of its TPM is no file or device here ({said.Words})",
                "Back up that volume by other means"));
    }
}
