using QgaOrchestrator.Actors.Kinds.Backup;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Cut;

namespace QgaOrchestrator.Actors.Tests.Kinds.Backup;

/// <summary>A point's directory, which QEMU's user can write to.</summary>
public sealed class PointDirectoryTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private readonly TempDirectory _directory = new();
    private readonly PointDirectory _point;

    public PointDirectoryTests() => _point = For("abcdefghij");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true, "2770")]
    [InlineData(false, "2750")] // a hook writes with our rights
    public void QEMUs_group_writes_to_the_point_and_to_nothing_above_it(bool byQemu, string mode)
    {
        _point.Create(null, byQemu);
        Assert.Equal(Mode(mode), File.GetUnixFileMode(_point.Path));
        Assert.Equal(Mode("2750"), File.GetUnixFileMode(Path.GetDirectoryName(_point.Path)!));
        Assert.Equal(Mode("2750"), File.GetUnixFileMode(_directory.File("target")));
    }

    [Fact]
    public void The_draft_lies_where_only_the_node_writes_and_goes_with_the_point()
    {
        _point.Create(null, byQemu: true);
        _point.Write(Draft());
        Assert.Empty(Directory.GetFileSystemEntries(_point.Path));
        Assert.Equal(Mode("600"), File.GetUnixFileMode(_directory.File("drafts/abcdefghij.json")));
        Assert.Equal("abcdefghij", _point.ReadDraft()!.Names);

        _point.Publish(Point(_point.Id));
        Assert.Null(_point.ReadDraft());
        Assert.Equal(["point.json"], Directory.GetFileSystemEntries(_point.Path).Select(Path.GetFileName));
        Assert.Equal(Mode("640"), File.GetUnixFileMode(Path.Combine(_point.Path, "point.json")));
    }

    [Fact]
    public void A_draft_that_cannot_be_written_leaves_no_older_one_for_a_crashs_successor()
    {
        Assert.Null(_point.Write(Draft()));
        Directory.CreateDirectory(_directory.File("drafts/abcdefghij.json.tmp")); // stands for a full disk
        Assert.NotNull(_point.Write(Draft() with { Copied = true }));
        Assert.Null(_point.ReadDraft());
    }

    [Fact]
    public void A_link_in_point_jsons_place_is_replaced_and_none_is_read()
    {
        _point.Create(null, byQemu: true);
        var victim = _directory.File("victim");
        File.WriteAllText(victim, "whole");
        File.CreateSymbolicLink(Path.Combine(_point.Path, "point.json"), victim);
        Assert.Null(_point.ReadPoint());
        _point.Publish(Point(_point.Id));
        Assert.Equal("whole", File.ReadAllText(victim));
        Assert.Equal(_point.Id, _point.ReadPoint()!.Id);
    }

    [Fact]
    public void A_file_moved_here_from_another_point_is_not_taken_as_this_attempts()
    {
        var other = For("klmnopqrst");
        other.Create(null, byQemu: true);
        other.Publish(Point(other.Id));
        _point.Create(null, byQemu: true);
        File.Move(Path.Combine(other.Path, "point.json"), Path.Combine(_point.Path, "point.json"));
        Assert.Null(_point.ReadPoint());
    }

    [Fact]
    public void An_image_that_was_swapped_for_a_link_is_not_read()
    {
        _point.Create(null, byQemu: true);
        var victim = _directory.File("victim");
        File.WriteAllText(victim, "secret");
        File.CreateSymbolicLink(TargetDirectory.Image(_point.Path, 0), victim);
        var error = Assert.Throws<CutException>(() => ImageSum.Of(TargetDirectory.Image(_point.Path, 0), CancellationToken.None));
        Assert.Contains("symbolic link", error.Message);
        TargetDirectory.Delete(_point.Path);
        Assert.True(File.Exists(victim));
    }

    [Fact]
    public void What_is_left_of_an_attempt_goes_with_what_an_earlier_version_left()
    {
        _point.Create(null, byQemu: true);
        _point.Write(Draft());
        File.WriteAllText(Path.Combine(_point.Path, "draft.json"), "{}");
        _point.Delete();
        Assert.Empty(Directory.GetFileSystemEntries(_directory.File("target")));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.File("drafts")));
        _point.Delete();
    }

    private PointDirectory For(string hash) =>
        PointDirectory.For(_directory.File("target"), _directory.File("drafts"), new VmId("h1", "vm001"), At, hash);

    private PointDraft Draft() =>
        new("abcdefghij", _point.Path, [], null, null, null, TimeSpan.FromSeconds(10), null, Unfrozen: false);

    private static RecoveryPoint Point(string id) =>
        new(
            1,
            id,
            "vm001",
            "h1",
            null,
            "r1",
            null,
            null,
            "full",
            "crash",
            [],
            new PointProof(null, null, null, null, null, null, null)
        );

    private static UnixFileMode Mode(string octal) => (UnixFileMode)Convert.ToInt32(octal, 8);
}
