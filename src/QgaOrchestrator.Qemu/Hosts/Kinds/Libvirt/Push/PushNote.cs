using System.Globalization;
using System.Xml.Linq;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;

/// <summary>
/// What stands in a running domain's metadata from before the freeze until the attempt is settled: who freezes and copies it,
/// so that other users of libvirt see it, and which attempt it is, so that a later process of ours does.
/// </summary>
/// <param name="Hash">Of the attempt's names.</param>
/// <param name="Vm">As in HOST~VM.</param>
/// <param name="Until">When the guest is thawed at the latest (wall clock, UTC).</param>
/// <param name="Directory">Of the point.</param>
internal sealed record PushNote(string Hash, string Vm, DateTimeOffset Until, string Directory)
{
    public const string Namespace = "urn:qgaorchestrator:attempt:1", Prefix = "qga";

    /// <summary>libvirt adds the namespace itself.</summary>
    public string Write() => new XElement(
        "attempt",
        new XAttribute("id", Hash), new XAttribute("by", $"QgaOrchestrator, {Vm}"),
        new XAttribute("frozen-until", Until.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)),
        new XAttribute("directory", Directory)).ToString(SaveOptions.DisableFormatting);

    /// <returns>The attempt and its directory; null: nobody wrote one, or it is not understood.</returns>
    public static (string Hash, string Directory)? Read(string? xml)
    {
        if (xml is null) return null;
        try
        {
            var note = XElement.Parse(xml);
            return (note.Attribute("id")?.Value, note.Attribute("directory")?.Value) is ({ } hash, { } directory)
                ? (hash, directory)
                : null;
        }
        catch (System.Xml.XmlException)
        {
            return null;
        }
    }
}
