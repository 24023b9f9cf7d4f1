namespace QgaOrchestrator.Qemu.Descriptions;

/// <summary>What a machine is besides its disks, as it is put beside their images. It holds no password and no key that its
/// host was given for it.</summary>
/// <param name="Files">In the host's own words, as in domain.xml; empty: the machine could not be described.</param>
public sealed record MachineDescription(IReadOnlyList<DescribedFile> Files)
{
    /// <summary>What others than QEMU's block layer keep for the machine. It is read once the guest is thawed.</summary>
    public IReadOnlyList<MachineState> States { get; init; } = [];

    /// <summary>How the files name each of the planned disks, in the plan's order; empty text: they do not.</summary>
    public IReadOnlyList<string> Disks { get; init; } = [];

    /// <summary>Secrets that the files had and have no more, as in "data of -object sec0".</summary>
    public IReadOnlyList<string> Redacted { get; init; } = [];

    public IReadOnlyList<MissingPart> Missing { get; init; } = [];

    /// <summary>Nothing is known of the machine.</summary>
    public static MachineDescription Unknown(string reason, string remedy) =>
        new([]) { Missing = [new(MachinePart.Description, reason, remedy)] };
}

/// <summary>What a file of a machine is of it.</summary>
public static class MachinePart
{
    public const string Description = "description", Firmware = "firmware", Tpm = "tpm";
}

/// <param name="Name">Of the file, without a directory.</param>
public sealed record DescribedFile(string Name, ReadOnlyMemory<byte> Bytes);

/// <summary>A file that somebody else keeps for a machine.</summary>
/// <param name="Name">Of its copy.</param>
/// <param name="Part">firmware or tpm.</param>
/// <param name="Path">Where it is on this host.</param>
public sealed record MachineState(string Name, string Part, string Path);

/// <summary>A part of a machine that is not known.</summary>
/// <param name="Part">description, firmware or tpm.</param>
/// <param name="Reason">A clause.</param>
/// <param name="Remedy">A sentence without its full stop.</param>
public sealed record MissingPart(string Part, string Reason, string Remedy);
