using System.Diagnostics;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Qemu.Tests.Files;

/// <summary>A directory that others can write to: what they plant there leads us nowhere.</summary>
public sealed class HeldDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _shared;
    private readonly string _victim;

    public HeldDirectoryTests()
    {
        _shared = Directory.CreateDirectory(_directory["shared"]).FullName;
        File.SetUnixFileMode(
            _shared,
            UnixFileMode.SetGroup
                | OwnFiles.Directory
                | UnixFileMode.GroupRead
                | UnixFileMode.GroupWrite
                | UnixFileMode.GroupExecute
        );
        _victim = _directory["victim"];
        File.WriteAllText(_victim, "whole");
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("point.json")]
    [InlineData("point.json.tmp")]
    public void A_link_in_a_files_place_is_replaced_and_what_it_leads_to_stays(string planted)
    {
        File.CreateSymbolicLink(Path.Combine(_shared, planted), _victim);
        HeldDirectory.ReplaceFile(Path.Combine(_shared, "point.json"), "new"u8, OwnFiles.File | UnixFileMode.GroupRead);

        Assert.Equal("whole", File.ReadAllText(_victim));
        Assert.Equal("new", File.ReadAllText(Path.Combine(_shared, "point.json")));
        Assert.Equal(OwnFiles.File | UnixFileMode.GroupRead, File.GetUnixFileMode(Path.Combine(_shared, "point.json")));
        Assert.Single(Directory.GetFileSystemEntries(_shared));
    }

    [Fact]
    public void Whether_files_can_be_made_is_tried_without_a_name()
    {
        using var directory = HeldDirectory.Open(_shared);
        directory.RequireWritable();
        Assert.Empty(Directory.GetFileSystemEntries(_shared));
    }

    [Fact]
    public void A_link_is_not_read_nor_appended_to_nor_made_anew()
    {
        File.CreateSymbolicLink(Path.Combine(_shared, "0.qcow2"), _victim);
        using var held = HeldDirectory.Open(_shared);
        Assert.Contains(
            "symbolic link", Assert.ThrowsAny<IOException>(() => held.Read("0.qcow2")).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => held.Append("0.qcow2", OwnFiles.File));
        Assert.Null(held.ReadOwn("0.qcow2"));
        Assert.Throws<IOException>(() => held.CreateNew("0.qcow2", OwnFiles.File));
        Assert.Equal("whole", File.ReadAllText(_victim));
    }

    [Fact]
    public async Task A_pipe_in_a_files_place_is_refused_and_waited_for_by_nobody()
    {
        using (var made = Process.Start("mkfifo", [Path.Combine(_shared, "draft.json")])) await made.WaitForExitAsync();
        var error = Assert.ThrowsAny<IOException>(() => HeldDirectory.OpenFile(Path.Combine(_shared, "draft.json")));
        Assert.Contains("no regular file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_that_was_swapped_for_a_link_is_not_followed()
    {
        var elsewhere = Directory.CreateDirectory(_directory["elsewhere"]).FullName;
        File.WriteAllText(Path.Combine(elsewhere, "0.qcow2"), "whole");
        Directory.CreateSymbolicLink(Path.Combine(_shared, "point"), elsewhere);

        var error = Assert.Throws<IOException>(() => HeldDirectory.Open(Path.Combine(_shared, "point")));
        Assert.Contains("another user may have made", error.Message, StringComparison.Ordinal);
        Assert.Throws<CutException>(() => TargetDirectory.Delete(Path.Combine(_shared, "point")));
        Assert.Throws<IOException>(() => HeldDirectory.Make(Path.Combine(_shared, "point", "new"), OwnFiles.Directory, null));
        Assert.Equal(["0.qcow2"], Directory.GetFileSystemEntries(elsewhere).Select(Path.GetFileName));
    }

    [Fact]
    public void A_held_directory_stays_the_same_even_when_its_path_changes()
    {
        var point = Directory.CreateDirectory(Path.Combine(_shared, "point")).FullName;
        using var held = HeldDirectory.Open(point);
        Directory.Move(point, Path.Combine(_shared, "moved"));
        Directory.CreateSymbolicLink(point, Directory.CreateDirectory(_directory["elsewhere"]).FullName);

        held.Replace("point.json", "new"u8, OwnFiles.File);
        Assert.Equal("new", File.ReadAllText(Path.Combine(_shared, "moved", "point.json")));
        Assert.Empty(Directory.GetFileSystemEntries(_directory["elsewhere"]));
    }

    [Fact]
    public void A_link_that_only_we_could_have_made_is_followed()
    {
        var own = Directory.CreateDirectory(_directory["own"], OwnFiles.Directory).FullName;
        Directory.CreateSymbolicLink(Path.Combine(own, "backup"), _shared);
        HeldDirectory.ReplaceFile(Path.Combine(own, "backup", "point.json"), "new"u8, OwnFiles.File);
        Assert.True(File.Exists(Path.Combine(_shared, "point.json")));
    }

    [Fact]
    public void A_missing_directory_is_reported_as_missing()
    {
        using var held = HeldDirectory.Open(_shared);
        Assert.Null(held.Read("none"));
        Assert.Null(HeldDirectory.TryOpen(Path.Combine(_shared, "none")));
        Assert.Null(HeldDirectory.OpenFile(Path.Combine(_shared, "none", "none")));
        held.Delete("none");
    }

    [SkippableFact]
    public async Task A_file_that_another_user_has_put_there_is_not_ours()
    {
        Skip.If(Environment.UserName != "root", "Another user's file takes root to make.");
        var file = Path.Combine(_shared, "point.json");
        await File.WriteAllTextAsync(file, "forged");
        using (var given = Process.Start("chown", ["65534", file])) await given.WaitForExitAsync();
        using var held = HeldDirectory.Open(_shared);
        Assert.Null(held.ReadOwn("point.json"));
        Assert.Throws<IOException>(() => held.Append("point.json", OwnFiles.File));
    }
}
