namespace QgaOrchestrator.Qemu.Disks;

/// <summary>A disk whose storage holds only what was written to it: its image is not made larger than that.</summary>
/// <param name="Device">Its device's id in QEMU.</param>
/// <param name="Held">Bytes that its storage holds; null: it cannot be told, and may be all of it.</param>
public sealed record ThinDisk(string Device, long? Held);
