namespace QgaOrchestrator.Simulator;

/// <summary>A virtio-blk disk: its node and qdev as in the lab's boot line, and the file system on it.</summary>
/// <param name="Mountpoint">Null: no file system (swap, a raw database disk), so no freeze covers it.</param>
public sealed record SimulatedDisk(int Index, string File, long Size, string? Mountpoint)
{
    public string Node => $"disk{Index}";

    public string QdevId => $"vd{Index}";

    public string Qdev => $"/machine/peripheral/{QdevId}/virtio-backend";

    public string Serial => $"data-{Index}";

    /// <summary>PCI slot on bus 0 of domain 0.</summary>
    public int Slot => 4 + Index;

    /// <summary>In the guest: vda, vdb, ...</summary>
    public string Device => $"vd{(char)('a' + Index)}";
}
