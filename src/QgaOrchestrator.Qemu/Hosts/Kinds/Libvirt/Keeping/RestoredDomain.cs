using System.Globalization;
using System.Text;
using System.Xml.Linq;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Descriptions.CommandLines;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Keeping;

/// <summary>A domain's definition with restored images in it: with its own UUID and MAC addresses, or with new ones.</summary>
internal sealed class RestoredDomain
{
    /// <summary>The variables of the firmware; and how a disk is named that holds them.</summary>
    public const string Variables = "firmware-vars.fd";

    public const string TpmRoot = "/var/lib/libvirt/swtpm";

    private readonly MachineOrder _order;
    private readonly XElement _domain;
    private readonly NewIdentity _identity;
    private readonly List<string> _notes = [];
    private readonly List<RestoredFile> _files = [];

    private RestoredDomain(MachineOrder order, XElement domain) =>
        (_order, _domain, _identity) = (order, domain, new(order.Random));

    public static RestoredMachine Of(MachineOrder order, XElement domain) => new RestoredDomain(order, domain).Make();

    /// <summary>As libvirt names the directory of a TPM's state.</summary>
    public static string TpmFolder(XElement backend) =>
        DomainXml.Text(backend, "version") == "1.2" ? "tpm1.2" : "tpm2";

    private IEnumerable<XElement> Devices => _domain.Elements("devices").Elements();

    private RestoredMachine Make()
    {
        var name = _order.Define ?? _domain.Element("name")?.Value ?? _order.Vm;
        _domain.SetElementValue("name", name);
        if (_order.IsNew) Renew();
        if (_domain.Element("genid") is { } generation) generation.Value = new NewIdentity(_order.Random).Uuid;
        PutDisks();
        PutVariables();
        var tpm = PutTpm();
        if (!_order.IsNew)
            _notes.Add("The domain keeps its UUID and its MAC addresses: start it only while the other one is stopped.");
        if (_domain.ToString().Contains(SecretText.Redacted, StringComparison.Ordinal))
            _notes.Add($"Secrets are not in a point: put them in where the domain says {SecretText.Redacted} (virsh edit).");
        if (Devices.Any(device => device.Name == "graphics"))
            _notes.Add("A password of its screen, if it had one, is not in the point: set it (virsh edit).");
        var file = _order.PathOf(KeptDomain.Name);
        _files.Insert(0, new(file, Encoding.UTF8.GetBytes(_domain + "\n")));
        string[] definition = ["virsh", "define", file];
        var start = ShellWords.Join(["virsh", "start", name]);
        return new(_files, [ShellWords.Join(definition), .. tpm, start])
        {
            Definition = definition,
            Afterwards = [.. tpm, start],
            Notes = _notes,
        };
    }

    private void Renew()
    {
        var uuid = _domain.Element("uuid")?.Value.Trim();
        _domain.SetElementValue("uuid", _identity.Uuid);
        foreach (var told in _domain.Elements("sysinfo").Elements().Elements("entry").Where(entry => entry.Value.Trim() == uuid))
            told.Value = _identity.Uuid;
        foreach (var mac in Devices.Where(device => device.Name == "interface").Elements("mac").Attributes("address"))
            mac.Value = _identity.MacFor(mac.Value);
        foreach (var target in Devices.Where(device => device.Name == "interface").Elements("target").ToList()) target.Remove();
        // Sockets and files of the one that it was: libvirt chooses sockets itself.
        foreach (var device in Devices.Where(device => device.Elements("source").Any(source =>
            DomainXml.Text(source, "mode") == "bind" && DomainXml.Text(device, "type") == "unix")).ToList())
            device.Elements("source").Remove();
        foreach (var graphics in Devices.Where(device => device.Name == "graphics").DescendantsAndSelf().ToList())
            graphics.Attributes("socket").Remove();
        foreach (var source in Devices.Where(device => DomainXml.Text(device, "type") == "file"
            && device.Name.LocalName is "serial" or "console" or "parallel" or "channel").Elements("source"))
            if (source.Attribute("path") is { } path)
                path.Value = Path.Combine(_order.Directory, $"{_order.Define}-{Path.GetFileName(path.Value)}");
    }

    private void PutDisks()
    {
        var images = _order.Disks.Where(disk => disk.Name.Length > 0).ToDictionary(disk => disk.Name);
        foreach (var disk in Devices.Where(device => device.Name == "disk").ToList())
        {
            var target = DomainXml.Text(disk.Element("target"), "dev") ?? "";
            if (images.Remove(target, out var image)) Put(disk, image.Image);
            else if (MayBeWritten(disk))
            {
                disk.Remove();
                _notes.Add($"Disk {target} is not in the point, so it is not in the domain: two VMs must not write to one disk.");
            }
        }

        images.Remove(Variables);
        foreach (var image in images.Values.Concat(_order.Disks.Where(disk => disk.Name.Length == 0)))
            _notes.Add(string.Create(CultureInfo.InvariantCulture,
                $"The domain's description has no disk for image {image.Index}: attach {image.Image}, which is qcow2, by hand."));
    }

    private static bool MayBeWritten(XElement disk) => disk.Element("readonly") is null
        && DomainXml.Text(disk, "device") is null or "disk" or "lun";

    private static void Put(XElement disk, string image)
    {
        disk.SetAttributeValue("type", "file");
        foreach (var old in disk.Elements().Where(element => element.Name.LocalName
            is "source" or "backingStore" or "mirror" or "auth" or "encryption").ToList())
            old.Remove();
        var source = new XElement("source", new XAttribute("file", image));
        if (disk.Element("driver") is { } driver)
        {
            driver.SetAttributeValue("name", "qemu");
            driver.SetAttributeValue("type", "qcow2");
            driver.AddAfterSelf(source);
        }
        else disk.AddFirst(new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", "qcow2")), source);
    }

    private void PutVariables()
    {
        if (_domain.Element("os")?.Element("nvram") is not { } nvram) return;
        if (_order.Files.FirstOrDefault(file => file.Part == MachinePart.Firmware) is { } variables)
        {
            var path = _order.PathOf(Variables);
            _files.Add(new(path, variables.Bytes));
            nvram.Attributes("type").Remove();
            nvram.RemoveNodes();
            nvram.Value = path;
            return;
        }

        _notes.Add("The variables of the firmware are not in the point: the firmware begins with new ones.");
        if (_order.IsNew) nvram.RemoveNodes();
    }

    /// <summary>libvirt has the state of TPMs in one place, where it belongs before the domain's first start.</summary>
    private List<string> PutTpm()
    {
        var states = _order.Files.Where(file => file.Part == MachinePart.Tpm).ToList();
        if (Devices.FirstOrDefault(device => device.Name == "tpm")?.Element("backend") is not { } backend) return [];
        if (states.Count == 0)
        {
            _notes.Add("The state of the TPM is not in the point: what the guest has sealed by it stays closed.");
            return [];
        }

        var copies = states.Select(state => new RestoredFile(_order.PathOf(state.Name), state.Bytes)).ToList();
        _files.AddRange(copies);
        // Another place of the one that it was.
        backend.Elements("source").Remove();
        var directory = $"{TpmRoot}/{_domain.Element("uuid")?.Value}/{TpmFolder(backend)}";
        return
        [
            ShellWords.Join(["install", "-d", "-o", "tss", "-g", "tss", "-m", "0700", directory]),
            .. copies.Zip(states).Select(copy => ShellWords.Join(
                ["install", "-o", "tss", "-g", "tss", "-m", "0600", copy.First.Path, $"{directory}/{copy.Second.Name}"])),
        ];
    }
}
