using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Points;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>The machine of a point: checked, restored beside the images, and made a VM of.</summary>
public sealed class PointMachineTests : IDisposable
{
    private const string Line =
        """{"arguments":["qemu-system-x86_64","-uuid","11111111-2222-4333-8444-555555555555"],"directory":null}""";

    private readonly string _root = Directory.CreateTempSubdirectory("qgactl-machine-").FullName;
    private readonly List<string> _told = [];

    private string Target => Path.Combine(_root, "restored");

    private string Kept => Path.Combine(_root, "machine", "cmdline.json");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Its_files_are_written_and_what_to_run_is_told()
    {
        var report = await RestoreAsync(await LocalAsync(), new(null, false));

        Assert.Equal([Path.Combine(Target, "db1-cmdline.json")], report.Files);
        Assert.Null(report.Defined);
        MachineRestore.Tell(report, _told.Add);
        Assert.Contains("To run it:", _told);
        Assert.Contains("  qemu-system-x86_64 \\", _told);
        Assert.Contains("machine: not in the point (tpm): no swtpm", _told);
    }

    [Fact]
    public async Task A_VM_of_plain_QEMU_is_an_executable_script_and_none_is_overwritten()
    {
        var point = await LocalAsync();
        var report = await RestoreAsync(point, new("db2", false));
        var script = Path.Combine(Target, "db2.sh");
        Assert.Equal(("db2", script), (report.Defined, Assert.Single(report.Commands)));
        Assert.True(File.GetUnixFileMode(script).HasFlag(UnixFileMode.UserExecute));

        File.Delete(Path.Combine(Target, "db1-cmdline.json"));
        var refused = await Assert.ThrowsAsync<CommandFailedException>(() => RestoreAsync(point, new("db2", false)));
        Assert.Contains($"{script} exists", refused.Message, StringComparison.Ordinal);
        refused = await Assert.ThrowsAsync<CommandFailedException>(() => RestoreAsync(point, new("a/b", false)));
        Assert.Contains("no name of a VM", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_written_goes_again_with_the_images_where_a_later_step_fails()
    {
        var machine = await PrepareAsync(await LocalAsync(), new("db2", false));
        var image = Path.Combine(Target, "db1-disk0.qcow2");
        Directory.CreateDirectory(Target);
        await File.WriteAllTextAsync(image, "image");
        await File.WriteAllTextAsync(Path.Combine(Target, "db2.sh"), "came meanwhile");

        await Assert.ThrowsAsync<CommandFailedException>(() =>
            machine.RunAsync(new PointReport("p1", true, [new(0, image, true, null)]), _told.Add, default));

        Assert.Equal("came meanwhile", await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(Target))));
    }

    [Fact]
    public async Task A_changed_file_is_told_and_no_VM_is_made_of_it()
    {
        var point = await LocalAsync();
        await File.WriteAllTextAsync(Kept, Line.Replace("1111", "2222", StringComparison.Ordinal));

        var file = Assert.Single(await KeptMachine.VerifyAsync(point, _told.Add, default));
        Assert.Contains("it has changed", file.Reason, StringComparison.Ordinal);
        var machine = await PrepareAsync(point, new(null, false));
        Assert.False(machine.IsWhole);
        Assert.Empty((await machine.RunAsync(new PointReport("p1", true, []), _told.Add, default)).Files);
        var refused = await Assert.ThrowsAsync<CommandFailedException>(() => PrepareAsync(point, new("db2", false)));
        Assert.Contains("it has changed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_point_of_an_earlier_release_says_that_it_has_no_machine()
    {
        var old = (await LocalAsync()) with { Point = PointOf(null) };
        Assert.Contains("an earlier release", Assert.Single((await RestoreAsync(old, new(null, false))).Notes),
            StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<CommandFailedException>(() => PrepareAsync(old, new("db2", false)));
        Assert.Contains("no VM db2 can be made", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Line, true)]
    [InlineData("another", false)]
    [InlineData(Line + Line, false)]
    public async Task From_another_host_its_files_are_read_over_HTTP_and_checked(string sent, bool isGood)
    {
        var node = new FakeNode().Answers(
            "GET /v1/recovery-points/p1/machine/cmdline.json",
            () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(sent) });
        var (files, wrong) = await KeptMachine.ReadAsync(
            new RemotePoint(PointOf(Line)),
            () => new(new Uri("http://node:7070"), "secret", TimeProvider.System, node), default);
        Assert.Equal(isGood ? 1 : 0, files.Count);
        Assert.Equal(isGood ? 0 : 1, wrong.Count);
    }

    [Theory]
    [InlineData("../point.json")]
    [InlineData("")]
    public async Task A_machine_that_names_files_elsewhere_is_refused(string file)
    {
        var point = PointOf(Line);
        point = point with { Machine = point.Machine! with { Files = [point.Machine.Files[0] with { File = file }] } };
        var ended = await Qga.RunAsync(
            new FakeNode().Answers("GET /v1/recovery-points/p1", JsonSerializer.Serialize(point, ApiJson.Default.Point)),
            ["point", "restore", "p1", "--to", Target]);
        Assert.Equal(1, ended.Code);
        Assert.False(Directory.Exists(Target));
    }

    [Fact]
    public async Task The_same_identity_is_of_use_for_a_VM_that_is_made_only() =>
        Assert.Equal(2, (await Qga.RunAsync(new FakeNode(), ["point", "restore", "p1", "--to", Target, "--same"])).Code);

    private async Task<LocalPoint> LocalAsync()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Kept)!);
        await File.WriteAllTextAsync(Kept, Line);
        return new(PointOf(Line), _root);
    }

    private async Task<MachineReport> RestoreAsync(LocalPoint point, MachineWish wish) =>
        await (await PrepareAsync(point, wish)).RunAsync(new PointReport("p1", true, []), _told.Add, default);

    private Task<MachineRestore> PrepareAsync(LocalPoint point, MachineWish wish) => MachineRestore.PrepareAsync(
        point, Target, wish, () => throw new InvalidOperationException("no node is needed"), default);

    private static Point PointOf(string? line) => new(
        "p1", "db1", null, "r", null, null, "full", "crash", [new PointImage(0, "0.qcow2", 1, "")],
        new FreezeProof(null, null, null, null, null, null, null))
    {
        Host = "hv2",
        Machine = line is null ? null : new(
            "sockets",
            [new("cmdline.json", "description", line.Length,
                Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(line))), DateTimeOffset.UnixEpoch)],
            [""], [], [new("tpm", "no swtpm", "Run it")]),
    };
}
