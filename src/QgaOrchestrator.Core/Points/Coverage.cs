using System.Text.Json.Serialization;

namespace QgaOrchestrator.Core.Points;

/// <summary>What a disk of the VM is to a cut.</summary>
public enum DiskRole
{
    /// <summary>It is cut.</summary>
    Cut,

    /// <summary>It is cut, and holds variables of the firmware.</summary>
    Firmware,

    /// <summary>Its owner leaves it out.</summary>
    Excluded,

    /// <summary>Nobody can write to it.</summary>
    NotWritten,

    /// <summary>The guest writes to it, and QEMU cannot cut it.</summary>
    PassedThrough,
}

/// <param name="Name">As its owner knows it.</param>
public sealed record DiskFacts(string Name, DiskRole Role);

/// <summary>Where one of the devices below a file system is.</summary>
public abstract record DevicePlace
{
    private DevicePlace() { }

    /// <param name="Disks">It is one of these.</param>
    /// <param name="Device">The whole disk's name in the guest; null where it is not told.</param>
    public sealed record OneOf(IReadOnlyList<string> Disks, string? Device) : DevicePlace;

    /// <summary>A device that QEMU has no block node of.</summary>
    public sealed record Elsewhere(string Name, bool Excluded) : DevicePlace;

    /// <summary>Nothing of it can be compared.</summary>
    public sealed record Unknown : DevicePlace;
}

/// <summary>A file system that the guest has mounted from a device.</summary>
/// <param name="Name">Its device, as in sda1.</param>
/// <param name="Writable">Null where that is not known.</param>
/// <param name="Places">Where the devices below it are; null or empty where the guest does not tell.</param>
public sealed record MountFacts(string Name, string Mountpoint, string Type, bool? Writable, IReadOnlyList<DevicePlace>? Places)
{
    /// <summary>Types that nobody writes to.</summary>
    private static readonly HashSet<string> WithoutWrites =
        new(StringComparer.OrdinalIgnoreCase) { "iso9660", "squashfs", "erofs", "cramfs", "romfs", "CDFS" };

    /// <summary>What the Windows agent says of a volume without a path, as the EFI system partition is: nobody writes
    /// there.</summary>
    private const string WithoutPath = "System Reserved";

    public bool Freezes => UnfrozenMount.Freezes(Type);

    /// <summary>It may be written to while the others are frozen.</summary>
    public bool IsWriter => !Freezes && Writable != false && !WithoutWrites.Contains(Type) && Mountpoint != WithoutPath;

    /// <summary>On no disk.</summary>
    public bool InMemory => Name.StartsWith("zram", StringComparison.Ordinal) || Name.StartsWith("ram", StringComparison.Ordinal);

    /// <summary>In a file of another file system, which counts.</summary>
    public bool OnFile => Name.StartsWith("loop", StringComparison.Ordinal);

    /// <summary>All of its devices are told, and each can be compared.</summary>
    public bool IsPlaced => Places is { Count: > 0 } && !Places.Any(place => place is DevicePlace.Unknown);

    public bool IsOn(string disk) =>
        Places?.Any(place => place is DevicePlace.OneOf { Disks: [var only] } && only == disk) == true;

    public bool MayBeOn(string disk) =>
        Places is not { Count: > 0 } || Places.Any(
            place => place is DevicePlace.Unknown || place is DevicePlace.OneOf one && one.Disks.Contains(disk));

    public override string ToString() => $"{Mountpoint} ({Type})";
}

/// <summary>One disk of a cut.</summary>
/// <param name="Why">Why it is not covered; null where it is.</param>
public sealed record CoveredDisk(string Name, DiskCover Cover, string? Why);

/// <summary>What is known of a cut's writers.</summary>
/// <param name="Disks">Each disk that is cut.</param>
/// <param name="Outside">What the guest writes, or may write, outside the disks of the cut: a clause each. Stored as
/// "beyond".</param>
public sealed record Coverage(
    IReadOnlyList<CoveredDisk> Disks, [property: JsonPropertyName("beyond")] IReadOnlyList<string> Outside)
{
    /// <summary>Everything that the guest writes is frozen file systems on disks of the cut.</summary>
    [JsonIgnore]
    public bool IsWhole => Outside.Count == 0 && Disks.All(disk => disk.Cover is DiskCover.Covered or DiskCover.Firmware);

    /// <summary>Why it is not whole, a clause each.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Gaps =>
    [
        .. Disks.Where(disk => disk.Cover is DiskCover.Uncovered or DiskCover.Unknown).Select(
            disk => $"{disk.Name} is {disk.Cover.ToString().ToLowerInvariant()}: {disk.Why}"),
        .. Outside.Take(MostNamed),
        .. Outside.Count <= MostNamed ? Array.Empty<string>() : [$"{Outside.Count - MostNamed} more are outside the cut"],
    ];

    /// <summary>A guest may have thousands of mounts; a note is read by people.</summary>
    private const int MostNamed = 8;
}
