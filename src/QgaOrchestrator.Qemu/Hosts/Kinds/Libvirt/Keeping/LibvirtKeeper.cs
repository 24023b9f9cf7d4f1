using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Keeping;

/// <summary>
/// A machine of libvirt's is its domain: domain.xml, as the domain's next start makes it. Variables of the firmware and the state
/// of a TPM are files that libvirt keeps beside.
/// </summary>
/// <param name="hostOf">The daemon at a place.</param>
internal sealed class LibvirtKeeper(Func<string, string, TimeProvider, LibvirtHost> hostOf) : IMachineKeeper
{
    private const string Virsh = "virsh";

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);

    public async Task<MachineDescription> DescribeAsync(DescribedVm vm)
    {
        if (vm.Address is not VmAddress.Through { Locator: var locator } || !LibvirtPlace.TryParse(locator, out var place))
            return MachineDescription.Unknown("its address is none of libvirt's", "See the node's log, and report it");
        var host = hostOf(place.Directory, place.Uri, vm.Time);
        host.Retain();
        try
        {
            var domain = await host.Work.DomainAsync(place.Uuid, Answer).ConfigureAwait(false);
            var running = await host.Work.XmlAsync(domain, Answer).ConfigureAwait(false);
            var definition = await host.Work.DefinitionAsync(domain, Answer).ConfigureAwait(false);
            return Describe(KeptDomain.Parse(definition), running, vm.Disks, place);
        }
        catch (Exception e) when (e is LibvirtException or RpcFormatException or XmlException)
        {
            return MachineDescription.Unknown(
                $"libvirt does not describe the domain: {e.Message.TrimEnd('.')}",
                "See whether libvirt's daemon runs and answers");
        }
        finally
        {
            host.Release();
        }
    }

    public RestoredMachine Restore(MachineOrder order)
    {
        var file = order.Required(MachinePart.Description, KeptDomain.Name);
        try
        {
            return RestoredDomain.Of(order, KeptDomain.Parse(Encoding.UTF8.GetString(file.Bytes.Span)));
        }
        catch (XmlException e)
        {
            throw new MachineException(
                $"{file.Name} is no domain's description: {e.Message}", "Make the VM by hand, with the restored images", e);
        }
    }

    public async Task<MachineException?> ObstacleAsync(MachineOrder order, CancellationToken cancel)
    {
        var name = order.Define!;
        if (name.Length == 0 || name[0] == '-' || name.Contains('/', StringComparison.Ordinal) || name.Any(char.IsControl))
            return new($"'{name}' is no name of a domain", "Give one without slashes that begins with no hyphen");
        if (await AskAsync(cancel, "list", "--all", "--name").ConfigureAwait(false) is var names && names.Contains(name))
            return new(
                $"libvirt has a domain {name} already",
                $"Give another name, or remove that domain first (virsh undefine {name})");
        var uuid = order.Same && Restore(order).Files is [var domain, ..] ? UuidIn(domain) : null;
        return uuid is not null && (await AskAsync(cancel, "list", "--all", "--uuid").ConfigureAwait(false)).Contains(uuid)
            ? new(
                $"libvirt has a domain with the UUID {uuid} already",
                "Leave out --same, and the VM gets a UUID of its own; or remove that domain first (virsh undefine)")
            : null;
    }

    /// <exception cref="MachineException">libvirt does not answer.</exception>
    private static async Task<IReadOnlyList<string>> AskAsync(CancellationToken cancel, params string[] arguments)
    {
        var end = await MachineProgram.RunAsync([Virsh, "-q", .. arguments], cancel).ConfigureAwait(false);
        return end.ExitCode == 0
            ? end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : throw new MachineException(
                $"libvirt does not answer: {end.Error.TrimEnd('.')}",
                "Start its daemon, or set LIBVIRT_DEFAULT_URI to the one that is to have the VM");
    }

    private static string? UuidIn(RestoredFile domain) =>
        KeptDomain.Parse(Encoding.UTF8.GetString(domain.Bytes.Span)).Element("uuid")?.Value;

    private static MachineDescription Describe(
        XElement definition, DomainXml running, IReadOnlyList<PlannedDisk> disks, LibvirtPlace place)
    {
        var redacted = KeptDomain.Redact(definition);
        var (states, missing) = (new List<MachineState>(), new List<MissingPart>());
        if (definition.Element("os")?.Element("nvram") is { } nvram && VariablesOf(nvram) is { } variables)
            states.Add(new(RestoredDomain.Variables, MachinePart.Firmware, variables));
        foreach (var tpm in definition.Elements("devices").Elements("tpm").Elements("backend")
            .Where(backend => DomainXml.Text(backend, "type") == "emulator"))
        {
            var (found, lacking) = TpmStates.In(StateOf(tpm, place));
            states.AddRange(found);
            if (lacking is not null) missing.Add(lacking);
        }

        var targets = definition.Elements("devices").Elements("disk").Elements("target")
            .Select(target => DomainXml.Text(target, "dev")).ToHashSet();
        var byAlias = DomainDisks.Of(running).DistinctBy(disk => disk.Alias)
            .ToDictionary(disk => disk.Alias, disk => disk.Target);
        return new([new(KeptDomain.Name, Encoding.UTF8.GetBytes(definition + "\n"))])
        {
            States = states,
            Disks = [.. disks.Select(NameOf)],
            Redacted = redacted,
            Missing = missing,
        };

        string NameOf(PlannedDisk disk)
        {
            if (disk.Firmware) return RestoredDomain.Variables;
            if (targets.Contains(disk.Node)) return disk.Node;
            var alias = DeviceId.Of(disk.Qdev) ?? disk.Qdev;
            return byAlias.TryGetValue(alias, out var target) && targets.Contains(target) ? target : "";
        }
    }

    /// <summary>A file on this host; null: they are elsewhere.</summary>
    private static string? VariablesOf(XElement nvram) =>
        DomainXml.Text(nvram.Element("source"), "file") ?? (nvram.Value.Trim() is ['/', ..] path ? path : null);

    private static string StateOf(XElement backend, LibvirtPlace place)
    {
        if (DomainXml.Text(backend.Element("source"), "path") is { } given) return given;
        var root = place.Uri == LibvirtPaths.Session
            ? Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "libvirt/qemu/swtpm")
            : RestoredDomain.TpmRoot;
        return string.Create(CultureInfo.InvariantCulture, $"{root}/{place.Uuid}/{RestoredDomain.TpmFolder(backend)}");
    }
}
