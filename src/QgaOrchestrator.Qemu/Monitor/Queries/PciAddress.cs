namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>A PCI address as query-pci and guest-get-fsinfo (pci-controller) tell it.</summary>
public sealed record PciAddress(int Domain, int Bus, int Slot, int Function)
{
    /// <summary>As in 0000:00:1f.2.</summary>
    public override string ToString() => $"{Domain:x4}:{Bus:x2}:{Slot:x2}.{Function:x}";
}
