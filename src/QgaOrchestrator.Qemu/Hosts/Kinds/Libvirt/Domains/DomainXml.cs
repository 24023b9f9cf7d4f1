using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>A domain as libvirt describes it while it runs (formatdomain).</summary>
internal sealed class DomainXml
{
    private const string AgentsName = "org.qemu.guest_agent.0";

    private readonly XElement _domain;

    private DomainXml(XElement domain) => _domain = domain;

    /// <exception cref="RpcFormatException">It is none.</exception>
    public static DomainXml Parse(string xml)
    {
        try
        {
            return new(XElement.Parse(xml));
        }
        catch (XmlException e)
        {
            throw new RpcFormatException($"a domain's description is no XML: {e.Message}");
        }
    }

    public IEnumerable<XElement> Devices => _domain.Element("devices")?.Elements() ?? [];

    /// <summary>QEMU's end of the agent's channel; null: the domain has none.</summary>
    public string? AgentSocket => Text(AgentChannel?.Element("source"), "path");

    /// <summary>Whether a program in the guest has the agent's port open; null: libvirt does not tell.</summary>
    public bool? IsAgentPortOpen => Text(AgentChannel?.Element("target"), "state") switch
    {
        "connected" => true,
        "disconnected" => false,
        _ => null,
    };

    public static string? Text(XElement? element, string attribute) => element?.Attribute(attribute)?.Value;

    /// <summary>As in 0x1f or 31; 0 where it is not given.</summary>
    public static int Number(XElement? element, string attribute) => Text(element, attribute) switch
    {
        null => 0,
        ['0', 'x', .. var hex] => int.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
        var text => int.Parse(text, CultureInfo.InvariantCulture),
    };

    /// <summary>As libvirt numbers buses: by their controllers.</summary>
    public static PciAddress? Pci(XElement device) => device.Element("address") is { } at && Text(at, "type") == "pci"
        ? new(Number(at, "domain"), Number(at, "bus"), Number(at, "slot"), Number(at, "function"))
        : null;

    private XElement? AgentChannel => Devices.FirstOrDefault(device =>
        device.Name == "channel" && Text(device, "type") == "unix"
        && Text(device.Element("target"), "name") == AgentsName);
}
