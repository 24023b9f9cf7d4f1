using System.Text;
using System.Xml.Linq;
using QgaOrchestrator.Qemu.Disks;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;

/// <summary>libvirt's description of a backup (formatbackup), in mode push: QEMU writes each disk to its target.</summary>
internal static class PushXml
{
    /// <param name="all">Every disk of the domain by libvirt's name: one that is not planned is named as left out.</param>
    public static byte[] Of(IReadOnlyList<PlannedDisk> planned, IEnumerable<string> all)
    {
        var disks = new XElement("disks");
        foreach (var disk in planned)
        {
            disks.Add(new XElement(
                "disk",
                new XAttribute("name", disk.Node), new XAttribute("type", "file"), new XAttribute("backup", "yes"),
                new XElement("driver", new XAttribute("type", "qcow2")),
                new XElement("target", new XAttribute("file", disk.Image))));
        }
        foreach (var name in all.Except(planned.Select(disk => disk.Node)))
            disks.Add(new XElement("disk", new XAttribute("name", name), new XAttribute("backup", "no")));
        var backup = new XElement("domainbackup", new XAttribute("mode", "push"), disks);
        return Encoding.UTF8.GetBytes(backup.ToString(SaveOptions.DisableFormatting));
    }

    /// <summary>The files that a backup writes.</summary>
    public static IReadOnlyList<string> Targets(string xml) =>
    [
        .. XElement.Parse(xml).Descendants("target")
            .Select(target => target.Attribute("file")?.Value).OfType<string>(),
    ];

    /// <summary>Whether a backup is of this point, and so ours: all that it writes lies in the point's directory.</summary>
    public static bool IsOf(string xml, string directory) =>
        Targets(xml) is { Count: > 0 } targets && targets.All(target => Path.GetDirectoryName(target) == directory);
}
