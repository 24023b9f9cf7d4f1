using System.Xml.Linq;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>
/// PCI addresses as the guest sees them. libvirt names a bus by its controller's index; firmware numbers buses as it meets
/// them: from bus 0, in the order of slots and functions, and behind each bridge before the next one. A bus with a number of
/// its own (an expander's) is not known, nor is one behind it.
/// </summary>
internal sealed class PciBuses
{
    private readonly Dictionary<int, int> _numbers = new() { [0] = 0 };
    private readonly IReadOnlyList<(PciAddress At, int Index, bool Expander)> _bridges;
    private int _last;

    public PciBuses(IEnumerable<XElement> devices)
    {
        _bridges =
        [
            .. from device in devices
               where device.Name == "controller" && DomainXml.Text(device, "type") == "pci"
               let at = DomainXml.Pci(device)
               where at is not null
               orderby at.Slot, at.Function
               select (at, DomainXml.Number(device, "index"),
                   DomainXml.Text(device, "model")?.Contains("expander", StringComparison.Ordinal) == true),
        ];
        Count(0);
    }

    /// <returns>Null: it cannot be told.</returns>
    public PciAddress? Of(PciAddress? libvirts) =>
        libvirts is not null && _numbers.TryGetValue(libvirts.Bus, out var bus) ? libvirts with { Bus = bus } : null;

    private void Count(int index)
    {
        foreach (var bridge in _bridges.Where(bridge => bridge.At.Bus == index && !bridge.Expander))
            if (_numbers.TryAdd(bridge.Index, _last + 1))
            {
                _last++;
                Count(bridge.Index);
            }
    }
}
