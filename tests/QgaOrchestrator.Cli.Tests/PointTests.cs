using System.Security.Cryptography;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Points;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>A point's files, checked and restored with no node, by a qemu-img that is a script.</summary>
public sealed class PointTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("qgactl-point-").FullName;
    private readonly List<string> _told = [];

    private string Target => Path.Combine(_root, "restored");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Restore_makes_a_new_image_of_each_disk()
    {
        var point = await PointAsync("one", "two");

        var report = await Images().RestoreAsync(point, Target, default);

        Assert.True(report.Good);
        Assert.Equal(["db1-disk0.qcow2", "db1-disk1.qcow2"], Directory.GetFiles(Target).Select(Path.GetFileName).Order());
        Assert.Equal("two", await File.ReadAllTextAsync(Path.Combine(Target, "db1-disk1.qcow2")));
    }

    [Fact]
    public async Task Restore_writes_over_nothing_and_then_makes_nothing()
    {
        var point = await PointAsync("one", "two");
        Directory.CreateDirectory(Target);
        await File.WriteAllTextAsync(Path.Combine(Target, "db1-disk1.qcow2"), "precious");

        var refused = await Assert.ThrowsAsync<CommandFailedException>(() => Images().RestoreAsync(point, Target, default));

        Assert.Contains("db1-disk1.qcow2", refused.Message, StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(Target))));
    }

    [Fact]
    public async Task Restore_makes_nothing_of_a_point_with_one_changed_image()
    {
        var point = await PointAsync("one", "two");
        await File.WriteAllTextAsync(point.PathOf(point.Point.Disks[1]), "tampered");

        var report = await Images().RestoreAsync(point, Target, default);

        Assert.False(report.Good);
        Assert.False(Directory.Exists(Target));
        Assert.Contains(_told, line =>
            line.StartsWith("disk 1: ", StringComparison.Ordinal) && line.Contains("has changed", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Restore_deletes_what_it_made_where_a_later_image_fails()
    {
        var point = await PointAsync("one", "fails to convert");

        await Assert.ThrowsAsync<CommandFailedException>(() => Images().RestoreAsync(point, Target, default));

        Assert.Empty(Directory.GetFiles(Target));
    }

    [Fact]
    public async Task Verify_tells_each_disk_whatever_the_others_are()
    {
        var point = await PointAsync("one", "damaged", "three");
        File.Delete(point.PathOf(point.Point.Disks[0]));

        var report = await Images().VerifyAsync(point, default);

        Assert.Equal([false, false, true], report.Images.Select(image => image.Good));
        Assert.Equal(3, _told.Count);
    }

    [Theory]
    [InlineData("../../etc/shadow")]
    [InlineData("/etc/shadow")]
    [InlineData("")]
    public async Task A_point_that_names_files_elsewhere_is_refused(string file)
    {
        await Assert.ThrowsAsync<CommandFailedException>(() => WriteAsync($$"""
            {"id":"p1","vm":"db1","disks":[{"index":0,"file":"{{file}}","size":1,"sha256":""}],"proof":{},
             "class":"crash","method":"full","run":"r"}
            """));
    }

    private async Task<LocalPoint> PointAsync(params string[] images)
    {
        var disks = new List<string>();
        foreach (var (index, text) in images.Index())
        {
            await File.WriteAllTextAsync(Path.Combine(_root, $"{index}.qcow2"), text);
            var sum = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
            disks.Add(
                $$"""{"index":{{index}},"node":"n","qdev":"","file":"{{index}}.qcow2","size":1,"bytes":3,"""
                    + $$""" "sha256":"{{sum}}","covered":"covered"}"""
            );
        }
        return await WriteAsync($$$"""
            {"version":1,"id":"p1","vm":"db1","host":"hv1","uuid":null,"run":"r","group":null,"parent":null,"method":"full",
            "class":"crash","disks":[{{{string.Join(
                ',',
                disks
            )}}}],"proof":{"frozenAt":null,"cutAt":null,"thawedAt":null,"frozen":null,"thawed":null,"skewMs":null,"hooks":null}}
            """
        );
    }

    private async Task<LocalPoint> WriteAsync(string json)
    {
        await File.WriteAllTextAsync(Path.Combine(_root, PointSource.FileName), json);
        return (LocalPoint)await PointSource.FindAsync(
            _root, () => throw new InvalidOperationException("no node is needed"), default);
    }

    private PointImages Images() => FakeQemuImg.Images(_root, _told.Add);
}
