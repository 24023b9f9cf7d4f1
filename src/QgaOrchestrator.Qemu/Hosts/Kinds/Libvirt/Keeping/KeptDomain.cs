using System.Xml;
using System.Xml.Linq;
using QgaOrchestrator.Qemu.Descriptions.CommandLines;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Keeping;

/// <summary>A domain's definition (formatdomain) as it is kept in a point: domain.xml, without secrets.</summary>
internal static class KeptDomain
{
    public const string Name = "domain.xml";

    private static readonly XNamespace Qemu = "http://libvirt.org/schemas/domain/qemu/1.0";

    private static readonly string[] SecretAttributes = ["passwd", "password"];

    /// <exception cref="XmlException">It is no XML.</exception>
    public static XElement Parse(string xml) => XElement.Parse(xml);

    /// <summary>Takes secrets out. libvirt leaves those out that it knows as such; others may be in what is passed on to QEMU and
    /// to the guest.</summary>
    /// <returns>What was taken out.</returns>
    public static IReadOnlyList<string> Redact(XElement domain)
    {
        var redacted = new List<string>();
        domain.Element("metadata")?.Elements().Where(element => element.Name.NamespaceName == PushNote.Namespace).Remove();
        foreach (var attribute in domain.DescendantsAndSelf().Attributes()
            .Where(attribute => SecretAttributes.Contains(attribute.Name.LocalName)).ToList())
        {
            redacted.Add($"{attribute.Name.LocalName} of {attribute.Parent!.Name.LocalName}");
            attribute.Remove();
        }

        var passed = domain.Elements(Qemu + "commandline").Elements(Qemu + "arg").Attributes("value").ToList();
        var (clean, taken) = CommandLineSecrets.Redact([.. passed.Select(value => value.Value)]);
        foreach (var (value, text) in passed.Zip(clean)) value.Value = text;
        redacted.AddRange(taken);
        foreach (var variable in domain.Elements(Qemu + "commandline").Elements(Qemu + "env"))
            if (variable.Attribute("value") is { Value.Length: > 0 } value)
                Clear(value, $"variable {variable.Attribute("name")?.Value}");
        foreach (var kernel in domain.Elements("os").Elements("cmdline"))
        {
            var text = SecretText.Redact(kernel.Value);
            if (text != kernel.Value) redacted.Add("a part of the kernel's command line");
            kernel.Value = text;
        }

        // Free text for the guest, as -fw_cfg and -smbios type=11 have it.
        foreach (var entry in domain.Elements("sysinfo").Where(info => (string?)info.Attribute("type") == "fwcfg")
            .Elements("entry").Concat(domain.Elements("sysinfo").Elements("oemStrings").Elements("entry"))
            .Where(entry => entry.Value.Length > 0))
        {
            redacted.Add($"sysinfo {(string?)entry.Attribute("name") ?? "oemStrings"}");
            entry.Value = SecretText.Redacted;
        }

        return redacted;

        void Clear(XAttribute value, string what)
        {
            value.Value = SecretText.Redacted;
            redacted.Add(what);
        }
    }
}
