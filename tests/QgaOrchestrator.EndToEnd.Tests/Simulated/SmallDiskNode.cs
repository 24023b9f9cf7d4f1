namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A node whose ledger, data directory and target are each a small file system, which a test fills.</summary>
public sealed class SmallDiskNode : SimulatedNode
{
    /// <summary>The target keeps the points of all tests.</summary>
    private static readonly (string Part, int Megabytes)[] Parts = [("ledger", 8), ("data", 8), ("data/points", 32)];

    private readonly Dictionary<string, SmallDisk> _disks = [];

    /// <summary>All disks have room. Skips where nothing can be mounted.</summary>
    /// <param name="vms">How many.</param>
    /// <param name="part">Whose disk the test fills: ledger, data, or data/points.</param>
    internal async Task<(SimulatedLab Lab, SmallDisk Disk)> StartAsync(int vms, string part)
    {
        foreach (var (name, megabytes) in Parts.Where(each => !_disks.ContainsKey(each.Part)))
            _disks[name] = await SmallDisk.MountAsync(Path.Combine(Folder, "node", name), megabytes);
        foreach (var disk in _disks.Values) disk.MakeRoom();
        return (await StartAsync(vms), _disks[part]);
    }

    public override async Task DisposeAsync()
    {
        await EndAsync();
        foreach (var (part, _) in Parts.Reverse())
            if (_disks.TryGetValue(part, out var disk)) await disk.DisposeAsync();
        await base.DisposeAsync();
    }
}
