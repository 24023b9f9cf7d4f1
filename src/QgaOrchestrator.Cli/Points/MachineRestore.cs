using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Hosts.Kinds;

namespace QgaOrchestrator.Cli.Points;

/// <summary>What is wanted of a point's machine.</summary>
/// <param name="Name">Of the VM that is to be made; null: its files are only written.</param>
/// <param name="Same">With the UUID and the MAC addresses that it had.</param>
internal sealed record MachineWish(string? Name, bool Same);

/// <summary>
/// Restores a point's machine beside its images: everything that can stand in the way is looked for before the images are made,
/// and what was written goes again where a later step fails.
/// </summary>
internal sealed class MachineRestore
{
    private const UnixFileMode Script =
        OwnFiles.Directory | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    private readonly string _kind;
    private readonly MachineWish _wish;
    private readonly RestoredMachine? _machine;
    private readonly IReadOnlyList<string> _lacking;

    private MachineRestore(string kind, MachineWish wish, RestoredMachine? machine, IReadOnlyList<string> lacking) =>
        (_kind, _wish, _machine, _lacking) = (kind, wish, machine, lacking);

    /// <summary>Everything of the machine that the point has is restored.</summary>
    public bool IsWhole { get; private init; } = true;

    /// <exception cref="CommandFailedException">A VM was to be made and cannot be, or a file is there already.</exception>
    public static async Task<MachineRestore> PrepareAsync(
        FoundPoint point, string directory, MachineWish wish, Func<QgaClient> connect, CancellationToken cancel)
    {
        var images = PointImages.Targets(point.Point, directory);
        if (point.Point.Machine is not { } machine)
            return Without("", wish, "the point has no machine beside its images: an earlier release made it");
        if (HostKinds.Find(machine.Kind) is not { Keeper: var keeper })
            return Without(machine.Kind, wish, $"the machine is of kind {machine.Kind}, which this qgactl does not know");
        var (files, wrong) = await KeptMachine.ReadAsync(point, connect, cancel).ConfigureAwait(false);
        string[] lacking =
        [
            .. wrong,
            .. machine.Missing.Select(missing => $"not in the point ({missing.Part}): {missing.Reason}"),
        ];
        if (files.All(file => file.Part != MachinePart.Description))
            return Without(machine.Kind, wish, string.Join("; ", lacking), isWhole: wrong.Count == 0);
        try
        {
            var order = new MachineOrder(
                point.Point.Vm, directory, files,
                [.. images.Select((image, at) =>
                    new RestoredDisk(image.Disk.Index, machine.Disks.ElementAtOrDefault(at) ?? "", image.To))],
                new Random(Guid.NewGuid().GetHashCode()))
            {
                Define = wish.Name,
                Same = wish.Same,
            };
            var restored = keeper.Restore(order);
            RequireFree(restored);
            if (wish.Name is not null && wrong.Count > 0)
                throw new MachineException(string.Join("; ", wrong), "Without --define the rest is restored");
            if (wish.Name is not null && await keeper.ObstacleAsync(order, cancel).ConfigureAwait(false) is { } obstacle)
                throw obstacle;
            return new(machine.Kind, wish, restored, lacking) { IsWhole = wrong.Count == 0 };
        }
        catch (MachineException e)
        {
            throw new CommandFailedException($"Nothing is restored: {e.Message}.", e.Remedy + ".");
        }
    }

    /// <summary>Writes the files and makes the VM, where one is wanted. All or nothing: where it fails, what was written goes,
    /// and the images with it.</summary>
    public async Task<MachineReport> RunAsync(PointReport images, Action<string> tell, CancellationToken cancel)
    {
        if (_machine is null) return Report([]);
        var written = new List<string>();
        try
        {
            foreach (var file in _machine.Files) Write(file, written);
            if (_wish.Name is not null && _machine.Definition is [_, ..] command)
                await DefineAsync(command, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (
            e is MachineException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            foreach (var file in written.Concat(images.Images.Select(image => image.File))) File.Delete(file);
            if (e is OperationCanceledException) throw;
            throw new CommandFailedException($"Nothing is restored: {e.Message}.", (e as MachineException)?.Remedy is { } remedy
                ? remedy + "."
                : null);
        }

        foreach (var file in written) tell($"machine: wrote {file}");
        return Report(written);
    }

    /// <summary>What is to be seen to and to be run, for people.</summary>
    public static void Tell(MachineReport report, Action<string> tell)
    {
        foreach (var note in report.Notes) tell($"machine: {note}");
        if (report.Defined is { } name) tell($"{name} is made, and stopped.");
        if (report.Commands.Count == 0) return;
        tell(report.Defined is null ? "To run it:" : "To start it:");
        foreach (var line in report.Commands.SelectMany(command => command.Split('\n'))) tell($"  {line}");
    }

    private MachineReport Report(IReadOnlyList<string> written) => new(
        _kind, written, _machine is null ? null : _wish.Name,
        _machine is null ? [] : _wish.Name is not null && _machine.Definition.Count > 0 ? _machine.Afterwards : _machine.Commands,
        [.. _lacking, .. _machine?.Notes ?? []]);

    private static MachineRestore Without(string kind, MachineWish wish, string why, bool isWhole = true) => wish.Name is null
        ? new(kind, wish, null, [why]) { IsWhole = isWhole }
        : throw new CommandFailedException(
            $"Nothing is restored: no VM {wish.Name} can be made, since {why}.",
            "Restore the images without --define, and make the VM by hand.");

    private static void RequireFree(RestoredMachine machine)
    {
        var existing = machine.Files.Select(file => file.Path).Where(Path.Exists).ToList();
        if (existing.Count > 0)
            throw new CommandFailedException(
                $"Nothing is restored: {string.Join(", ", existing)} exists.",
                "Restore never writes over a file: give another directory.");
    }

    private static void Write(RestoredFile file, List<string> written)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
        using var made = new FileStream(file.Path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = file.IsExecutable ? Script : OwnFiles.File,
        });
        written.Add(file.Path);
        made.Write(file.Bytes.Span);
        made.Flush(flushToDisk: true);
    }

    /// <exception cref="MachineException">The program refused, and has made nothing.</exception>
    private static async Task DefineAsync(IReadOnlyList<string> command, CancellationToken cancel)
    {
        var end = await MachineProgram.RunAsync(command, cancel).ConfigureAwait(false);
        if (end.ExitCode != 0)
            throw new MachineException(
                $"{command[0]} {command[1]} failed ({end.ExitCode}): {end.Error.TrimEnd('.')}",
                "Correct that and try again; without --define the files are written only");
    }
}
