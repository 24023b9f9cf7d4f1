using System.Security.Cryptography;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>Puts the machine beside the images of its disks. What cannot be read or written is told in the point, which is made
/// all the same.</summary>
internal sealed class MachineKeeping(PointDirectory directory, string? group, TimeProvider time)
{
    /// <summary>Of a file of a machine's, in bytes. Variables of a firmware have 0.5 to 4 MiB, a TPM's state has 4.</summary>
    public const int LargestFile = 16 << 20;

    /// <summary>A file that changes while it is read is read again this often.</summary>
    private const int Reads = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Before the freeze: the description is written.</summary>
    /// <param name="kind">The kind's name.</param>
    public async Task<(PointMachine Machine, IReadOnlyList<MachineState> States)> DescribeAsync(
        string kind, IMachineKeeper keeper, DescribedVm vm)
    {
        var described = await DescriptionAsync(keeper, vm);
        var machine = new PointMachine(
            kind, [], described.Disks, described.Redacted, [.. described.Missing.Select(ToPoint)]);
        var at = time.GetUtcNow();
        foreach (var file in described.Files)
            machine = Write(machine, file.Name, MachinePart.Description, file.Bytes.Span, at);
        return (machine, described.States);
    }

    /// <summary>After the thaw: what others keep for the machine is read and written.</summary>
    public async Task<PointMachine> ReadStatesAsync(PointMachine machine, IReadOnlyList<MachineState> states)
    {
        foreach (var state in states)
        {
            var at = time.GetUtcNow();
            var (bytes, missing) = await ReadAsync(state, time);
            machine = missing is null
                ? Write(machine, state.Name, state.Part, bytes, at)
                : machine with { Missing = [.. machine.Missing, ToPoint(missing)] };
        }

        return machine;
    }

    /// <summary>Reads it.</summary>
    public static async Task<(byte[] Bytes, MissingPart? Missing)> ReadAsync(MachineState state, TimeProvider time)
    {
        try
        {
            // A storage that hangs holds up no copy.
            return (await Task.Run(() => Read(state.Path)).WaitAsync(Limit, time), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or TimeoutException)
        {
            return ([], new(
                state.Part, $"{state.Path} cannot be read: {e.Message.TrimEnd('.')}",
                "Let the node's user read it, or run the node as root, and back up again"));
        }
    }

    /// <summary>Asks the kind, with a limit.</summary>
    public static async Task<MachineDescription> DescriptionAsync(IMachineKeeper keeper, DescribedVm vm)
    {
        try
        {
            return await keeper.DescribeAsync(vm).WaitAsync(Limit, vm.Time);
        }
        catch (TimeoutException)
        {
            return MachineDescription.Unknown(
                $"its host did not describe it within {Limit.TotalSeconds:0} s", "See whether its storage or its daemon hangs");
        }
    }

    private PointMachine Write(PointMachine machine, string name, string part, ReadOnlySpan<byte> bytes, DateTimeOffset at)
    {
        try
        {
            directory.WriteMachine(name, bytes, group);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Lacking(
                machine, part, $"{name} cannot be written into {directory.Path}: {e.Message.TrimEnd('.')}",
                "Make room on the target, let the node's user write there, and back up again");
        }

        var file = new PointMachineFile(name, part, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), at);
        // One of an earlier try is replaced.
        return machine with { Files = [.. machine.Files.Where(known => known.File != name), file] };
    }

    /// <summary>The whole file as it was at one instant, as far as its stamp tells.</summary>
    private static byte[] Read(string path)
    {
        if (IsDevice(path)) return ReadDevice(path);
        for (var read = 1; ; read++)
        {
            // Whoever runs the VM's QEMU may own the file: no link of theirs is followed.
            using var file = HeldDirectory.OpenFile(path) ?? throw new IOException("it is not there");
            var before = File.GetLastWriteTimeUtc(file.SafeFileHandle);
            if (file.Length > LargestFile) throw new IOException($"it has {file.Length} bytes, and {LargestFile} are the most");
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            if (file.Length == bytes.Length && File.GetLastWriteTimeUtc(file.SafeFileHandle) == before) return bytes;
            if (read == Reads) throw new IOException($"it was changed each of {Reads} times while it was read");
        }
    }

    /// <summary>Where only root makes links and nodes: such a link is followed.</summary>
    private static bool IsDevice(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal)
        && Path.GetFullPath(path) == path && OwnFiles.Fault(Path.GetDirectoryName(path)!) is null;

    private static byte[] ReadDevice(string path)
    {
        using var device = File.OpenRead(path);
        var bytes = new byte[LargestFile + 1];
        var length = device.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length <= LargestFile ? bytes[..length] : throw new IOException($"it has more than {LargestFile} bytes");
    }

    private static PointMachine Lacking(PointMachine machine, string part, string reason, string remedy) =>
        machine with { Missing = [.. machine.Missing, new(part, reason, remedy)] };

    private static PointMissing ToPoint(MissingPart missing) => new(missing.Part, missing.Reason, missing.Remedy);
}
