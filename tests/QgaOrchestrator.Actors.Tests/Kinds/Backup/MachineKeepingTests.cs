using QgaOrchestrator.Actors.Kinds.Backup;
using QgaOrchestrator.Actors.Points;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Descriptions;

namespace QgaOrchestrator.Actors.Tests.Kinds.Backup;

public sealed class MachineKeepingTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 11, 22, 23, 56, 47, TimeSpan.Zero);

    private readonly TempDirectory _directory = new();
    private readonly PointDirectory _point;
    private readonly MachineKeeping _keeping;

    public MachineKeepingTests()
    {
        _point = PointDirectory.For(
            _directory.File("target"), _directory.File("drafts"), new VmId("h1", "vm001"), At, "abcdefghij");
        _point.Create(null, byQemu: true);
        _keeping = new(_point, null, TimeProvider.System);
    }

    private string Machine => Path.Combine(_point.Path, "machine");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_description_is_written_with_its_sum_and_goes_with_the_attempt()
    {
        var (machine, states) = await DescribeAsync(new([new("toy.txt", "toy"u8.ToArray())])
        {
            Disks = ["vda"],
            Redacted = ["data of -object s"],
            Missing = [new(MachinePart.Tpm, "why", "what to do")],
            States = [new("vars.fd", MachinePart.Firmware, "/vars.fd")],
        });

        var file = Assert.Single(machine.Files);
        Assert.Equal(("toy.txt", "description", 3L), (file.File, file.Part, file.Bytes));
        Assert.Equal("toy", await File.ReadAllTextAsync(Path.Combine(Machine, "toy.txt")));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("toy"u8)), file.Sha256);
        Assert.Equal(("toy", "vda"), (machine.Kind, machine.Disks.Single()));
        Assert.Equal(new PointMissing("tpm", "why", "what to do"), machine.Missing.Single());
        Assert.Single(states);
        const UnixFileMode mine = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        Assert.Equal(mine, File.GetUnixFileMode(Path.Combine(Machine, "toy.txt")));

        _point.Delete();
        Assert.False(Directory.Exists(_point.Path));
    }

    [Fact]
    public async Task States_are_read_and_one_that_cannot_be_is_told_and_the_others_are_kept()
    {
        File.WriteAllText(_directory.File("vars.fd"), "vars");
        File.CreateSymbolicLink(_directory.File("link"), "/etc/hostname");
        using (var huge = File.Create(_directory.File("huge"))) huge.SetLength(MachineKeeping.LargestFile + 1);
        var (machine, _) = await DescribeAsync(new([]));

        machine = await _keeping.ReadStatesAsync(machine,
        [
            new("gone", MachinePart.Tpm, _directory.File("gone")),
            new("link", MachinePart.Tpm, _directory.File("link")),
            new("huge", MachinePart.Tpm, _directory.File("huge")),
            new("vars.fd", MachinePart.Firmware, _directory.File("vars.fd")),
        ]);

        Assert.Equal(["vars.fd"], machine.Files.Select(file => file.File));
        Assert.Equal("vars", await File.ReadAllTextAsync(Path.Combine(Machine, "vars.fd")));
        Assert.Equal(3, machine.Missing.Count);
        Assert.All(machine.Missing, missing => Assert.Contains("cannot be read", missing.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_machine_that_cannot_be_written_is_told_and_stops_nothing()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Machine)!);
        await File.WriteAllTextAsync(Machine, "a file where the directory belongs");

        var (machine, _) = await DescribeAsync(new([new("toy.txt", "toy"u8.ToArray())]));

        Assert.Empty(machine.Files);
        Assert.Contains("toy.txt cannot be written", Assert.Single(machine.Missing).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_point_takes_its_machine_along_and_leaves_files_of_others()
    {
        var (machine, _) = await DescribeAsync(new([new("toy.txt", "toy"u8.ToArray())]));
        var point = new RecoveryPoint(
            1, _point.Id, "vm001", "h1", null, "r1", null, null, "full", "crash", [],
            new PointProof(null, null, null, null, null, null, null))
        { Machine = machine, Directory = _point.Path };
        _point.Publish(point);
        Assert.Equal(machine.Files, PointFiles.Read(_point.Path)!.Machine!.Files);
        var other = Path.Combine(Machine, "other");
        await File.WriteAllTextAsync(other, "of somebody");

        var (removed, missing, left) = PointFiles.Delete(point);
        Assert.Equal(["point.json", "toy.txt"], removed.Select(Path.GetFileName));
        Assert.Empty(missing);
        Assert.Equal([Machine], left);

        File.Delete(other);
        PointFiles.Delete(point);
        Assert.False(Directory.Exists(_point.Path));
    }

    private Task<(PointMachine Machine, IReadOnlyList<MachineState> States)> DescribeAsync(MachineDescription description) =>
        _keeping.DescribeAsync("toy", new Keeper(description), new(null!, null!, [], TimeProvider.System));

    private sealed class Keeper(MachineDescription description) : IMachineKeeper
    {
        public Task<MachineDescription> DescribeAsync(DescribedVm vm) => Task.FromResult(description);

        public RestoredMachine Restore(MachineOrder order) => throw new NotSupportedException();

        public Task<MachineException?> ObstacleAsync(MachineOrder order, CancellationToken cancel) =>
            throw new NotSupportedException();
    }
}
