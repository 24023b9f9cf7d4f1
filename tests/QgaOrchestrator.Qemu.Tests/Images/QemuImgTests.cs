using System.Diagnostics;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Qemu.Tests.Images;

/// <summary>Verify and restore, with the real qemu-img.</summary>
public sealed class QemuImgTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly QemuImg _tool = new();

    [SkippableTheory]
    [InlineData("qcow2")]
    [InlineData("raw")]
    public async Task A_restore_writes_a_new_image_with_the_same_contents(string format)
    {
        var image = Make("a.qcow2");
        var percent = 0.0;
        await _tool.RestoreAsync(image, _directory["b"], format, done => percent = done, default);
        Run("qemu-img", "compare", "-f", "qcow2", "-F", format, image, _directory["b"]);
        Assert.Equal(100, percent);
        Assert.Equal(2, Directory.GetFiles(_directory.Path).Length);
        Assert.Equal(8 << 20, (await _tool.InfoAsync(_directory["b"], format, default)).VirtualSize);
    }

    [SkippableFact]
    public async Task An_existing_file_is_never_replaced()
    {
        var image = Make("a.qcow2");
        await File.WriteAllTextAsync(_directory["b"], "precious");
        await Assert.ThrowsAsync<ImageException>(() => _tool.RestoreAsync(image, _directory["b"], "raw", null, default));
        Assert.Equal("precious", await File.ReadAllTextAsync(_directory["b"]));
    }

    [SkippableFact]
    public async Task An_image_that_names_another_file_is_not_followed()
    {
        var overlay = Make("a.qcow2", "-b", Make("base.qcow2"), "-F", "qcow2");
        await Assert.ThrowsAsync<ImageException>(() => _tool.RestoreAsync(overlay, _directory["b"], "raw", null, default));
        Assert.False(File.Exists(_directory["b"]));
    }

    [SkippableFact]
    public async Task A_check_tells_a_sound_image_from_a_damaged_one()
    {
        var image = Make("a.qcow2");
        await _tool.CheckAsync(image, default);
        await using (var file = File.OpenWrite(image))
        {
            // The refcount table, behind the header's cluster.
            file.Position = 65536;
            file.Write(new byte[65536].Select(_ => (byte)0x77).ToArray());
        }

        await Assert.ThrowsAsync<ImageException>(() => _tool.CheckAsync(image, default));
        await Assert.ThrowsAsync<ImageException>(() => _tool.CheckAsync(_directory["none"], default));
    }

    [Fact]
    public async Task A_missing_tool_is_named() => Assert.Contains("no-such-tool",
        (await Assert.ThrowsAsync<ImageException>(() => new QemuImg("no-such-tool").CheckAsync("a", default))).Message,
        StringComparison.Ordinal);

    [Fact]
    public async Task A_checksum_is_that_of_sha256sum()
    {
        await File.WriteAllTextAsync(_directory["abc"], "abc");
        var read = 0L;
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            await ImageHash.Sha256Async(_directory["abc"], done => read = done, default));
        Assert.Equal(3, read);
    }

    public void Dispose() => _directory.Dispose();

    private string Make(string name, params string[] options)
    {
        var missing = !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(directory => File.Exists(Path.Combine(directory, "qemu-img")));
        Skip.If(missing && Environment.GetEnvironmentVariable("CI") is not ("true" or "1"), "qemu-img is not installed");
        Run("qemu-img", ["create", "-q", "-f", "qcow2", .. options, _directory[name], "8M"]);
        return _directory[name];
    }

    private static void Run(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
