using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Descriptions;

/// <summary>How machines of one kind of host are described beside the images of their disks, and made again.</summary>
public interface IMachineKeeper
{
    /// <summary>Describes a machine that runs. What cannot be read is told in the description, and nothing is thrown. It may take
    /// seconds: nobody waits for it with a frozen guest.</summary>
    Task<MachineDescription> DescribeAsync(DescribedVm vm);

    /// <summary>What belongs beside the restored images, and what is to be run. It reads and changes nothing.</summary>
    /// <exception cref="MachineException">The files are no description of this kind's.</exception>
    RestoredMachine Restore(MachineOrder order);

    /// <summary>Why no VM of this name can be made on this host; null: it can.</summary>
    /// <param name="order">With a name.</param>
    Task<MachineException?> ObstacleAsync(MachineOrder order, CancellationToken cancel);
}

/// <summary>A VM that is to be described.</summary>
/// <param name="Disks">Those that are copied.</param>
public sealed record DescribedVm(VmAddress Address, IMachine Machine, IReadOnlyList<PlannedDisk> Disks, TimeProvider Time);

/// <summary>A machine that is to be restored.</summary>
/// <param name="Vm">The name that the VM had.</param>
/// <param name="Directory">Where the restored images are. An absolute path.</param>
/// <param name="Files">Of the point: description and states.</param>
/// <param name="Disks">The restored images.</param>
/// <param name="Random">Of which new UUIDs and MAC addresses are made.</param>
public sealed record MachineOrder(
    string Vm, string Directory, IReadOnlyList<KeptFile> Files, IReadOnlyList<RestoredDisk> Disks, Random Random)
{
    /// <summary>The name of the VM that is to be made; null: only files are written.</summary>
    public string? Define { get; init; }

    /// <summary>The VM that is made has the UUID and the MAC addresses that it had. It must replace that one.</summary>
    public bool Same { get; init; }

    /// <summary>It gets a UUID and MAC addresses of its own.</summary>
    public bool IsNew => Define is not null && !Same;

    /// <summary>A path for one of its files: beside the images, and named as they are.</summary>
    public string PathOf(string name) => Path.Combine(Directory, $"{Vm}-{name}");

    /// <summary>The one file of this part.</summary>
    /// <exception cref="MachineException">There is none.</exception>
    public KeptFile Required(string part, string what) => Files.FirstOrDefault(file => file.Part == part)
        ?? throw new MachineException($"the point has no {what}", "Make the VM by hand, with the restored images");
}

/// <summary>A file of a machine in a point.</summary>
/// <param name="Part">description, firmware or tpm.</param>
public sealed record KeptFile(string Name, string Part, ReadOnlyMemory<byte> Bytes);

/// <summary>A restored image.</summary>
/// <param name="Name">How the description names the disk; empty: it does not.</param>
/// <param name="Image">A qcow2 image. An absolute path.</param>
public sealed record RestoredDisk(int Index, string Name, string Image);

/// <summary>A machine as it is restored.</summary>
/// <param name="Files">To be written.</param>
/// <param name="Commands">What is to be run for the VM, a line each, after the files are written.</param>
public sealed record RestoredMachine(IReadOnlyList<RestoredFile> Files, IReadOnlyList<string> Commands)
{
    /// <summary>The program, with its arguments, that makes the VM; empty: the files are the VM.</summary>
    public IReadOnlyList<string> Definition { get; init; } = [];

    /// <summary>What is to be run once the VM is made.</summary>
    public IReadOnlyList<string> Afterwards { get; init; } = [];

    /// <summary>What a person has to see to, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <param name="Path">An absolute path.</param>
public sealed record RestoredFile(string Path, ReadOnlyMemory<byte> Bytes, bool IsExecutable = false);

/// <summary>A machine cannot be restored or made.</summary>
/// <param name="message">A clause.</param>
/// <param name="remedy">A sentence without its full stop.</param>
public sealed class MachineException(string message, string remedy, Exception? inner = null) : Exception(message, inner)
{
    public string Remedy { get; } = remedy;
}
