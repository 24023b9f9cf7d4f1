using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods.Full;
using QgaOrchestrator.Qemu.Cut.Methods.Snapshot;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Tests.Cut;

/// <summary>Firmware variables, throttled and oddly named images, empty and read-only media, excluded and busy disks, block
/// devices.</summary>
public sealed class DiskKindsTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private readonly TemporaryDirectory _directory = new();

    private OverlayLedger Overlays => new(_directory["overlays"]);

    [SkippableTheory]
    [InlineData("full")]
    [InlineData("snapshot")]
    public async Task Firmware_variables_and_throttled_images_are_copied_and_media_are_told(string method)
    {
        await using var qemu = await RealQemu.StartAsync(disks: 1, more: Odd);
        var before = await qemu.GraphAsync();
        await using var monitor = await qemu.OpenAsync();
        ICut cut = method == "full"
            ? new FullCut(new QmpMachine(monitor), TimeProvider.System)
            : new SnapshotCut(new QmpMachine(monitor), "host~vm", Overlays, TimeProvider.System);
        var plan = await cut.PrepareAsync(
            CutNames.For("run", 1, 1), new(qemu.NewPoint(), null) { Exclude = ["vd-out", "nobody", "s0"] }, default);

        Assert.Equal(
            ["drive-efidisk0 raw firmware", "disk0 qcow2", "slow0 qcow2"],
            plan.Disks.Select(disk => $"{disk.Name} {disk.Format}{(disk.Firmware ? " firmware" : "")}"));
        Assert.All(plan.Disks, disk => Assert.StartsWith("/", disk.File, StringComparison.Ordinal));
        Assert.Equal(
            ["cd0 Empty", "cd1 ReadOnly", "left-out Excluded"],
            plan.Machine!.Outside.Select(disk => $"{disk.Name} {disk.Reason}").Order(StringComparer.Ordinal));
        Assert.Equal(["nobody", "s0"], plan.Machine.UnknownExclusions);

        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        await cut.FinishAsync(plan, _ => { }, default);
        Assert.Equal(before, await qemu.GraphAsync());
        Assert.All(plan.Disks, disk => Assert.True(File.Exists(disk.Image)));
        RealQemu.AssertHolds(plan.Disks[2].Image, 9, "0");
    }

    [SkippableFact]
    public async Task Disks_that_are_busy_with_another_job_are_told_before_anything_is_made()
    {
        await using var qemu = await RealQemu.StartAsync(disks: 1);
        await qemu.AskAsync("blockdev-add", """{"driver": "null-co", "node-name": "elsewhere", "size": 8388608}""");
        await qemu.AskAsync(
            "blockdev-mirror",
            """{"job-id": "move0", "device": "disk0", "target": "elsewhere", "sync": "full", "speed": 1}"""
        );
        await using var monitor = await qemu.OpenAsync();
        foreach (
            ICut cut in (ICut[])
                [
                    new FullCut(new QmpMachine(monitor), TimeProvider.System),
                    new SnapshotCut(new QmpMachine(monitor), "host~vm", Overlays, TimeProvider.System),
                ]
        )
        {
            var busy = await Assert.ThrowsAsync<CutException>(
                () => cut.PrepareAsync(CutNames.For("run", 1, 1), new(qemu.NewPoint(), null), default));
            Assert.Contains("move0 (mirror, ", busy.Message, StringComparison.Ordinal);
            Assert.Contains("cancel it", busy.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_overlay_is_put_beside_a_block_device()
    {
        await using var monitor = new RecordedVm("pc", "/dev/pve/");
        var refused = await Assert.ThrowsAsync<CutException>(() =>
            new SnapshotCut(new QmpMachine(monitor), "host~vm", Overlays, TimeProvider.System).PrepareAsync(
                CutNames.For("run", 1, 1),
                new(_directory["point"], null),
                default
            )
        );
        Assert.Contains("vb is the block device /dev/pve/vb.raw", refused.Message, StringComparison.Ordinal);
        Assert.Contains("method full", refused.Remedy, StringComparison.Ordinal);
        Assert.Contains("method hook", refused.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("raw", "/a.raw", "raw", "/a.raw", false)]
    [InlineData("qcow2", "rbd:pool/a", "qcow2", "rbd:pool/a", false)]
    [InlineData("file", "/a.raw", "raw", "/a.raw", false)]
    [InlineData(
        "throttle",
        """json:{"throttle-group": "t", "driver": "throttle", """
            + """ "file": {"driver": "qcow2", "file": {"driver": "file", "filename": "/a"}}}""",
        "qcow2",
        "/a",
        false
    )]
    [InlineData(
        "raw",
        """json:{"driver": "raw", "size": "540672", "file": {"driver": "host_device", "filename": "/dev/pve/a"}}""",
        "raw",
        "/dev/pve/a",
        false
    )]
    [InlineData(
        "raw",
        """json:{"driver": "raw", "offset": "512", "file": {"driver": "file", "filename": "/a"}}""",
        "raw",
        "/a",
        true
    )]
    [InlineData(
        "raw",
        """json:{"driver": "raw", "file": {"driver": "nbd", "host": "h"}}""",
        "raw",
        """json:{"driver": "raw", "file": {"driver": "nbd", "host": "h"}}""",
        false
    )]
    [InlineData("raw", "json:{", "raw", "json:{", false)]
    [InlineData(null, null, "raw", null, false)]
    public void An_image_is_known_by_its_format_and_by_what_lies_at_its_bottom(
        string? driver,
        string? told,
        string format,
        string? file,
        bool shifted
    ) => Assert.Equal(new ImageName(format, file, shifted), ImageName.Of(driver, told));

    public void Dispose() => _directory.Dispose();

    private static string[] Odd(TemporaryDirectory directory)
    {
        foreach (var (name, size) in new[] { ("code", 3653632), ("vars", 540672), ("ro", 1 << 20) })
        {
            using var file = File.Create(directory[name]);
            file.SetLength(size);
        }

        foreach (var name in new[] { "slow", "out" })
        {
            RealQemu.Run("qemu-img", "create", "-q", "-f", "qcow2", directory[name], "1M");
            RealQemu.Run("qemu-io", "-c", "write -q -P 9 0 64k", directory[name]);
        }

        return
        [
            "-drive",
            $"if=pflash,unit=0,format=raw,readonly=on,file={directory["code"]}",
            "-drive",
            $"if=pflash,unit=1,format=raw,id=drive-efidisk0,size=540672,file={directory["vars"]}",
            "-object",
            "throttle-group,id=tg0,x-iops-total=10000",
            "-blockdev",
            "driver=throttle,node-name=slow0,throttle-group=tg0,file.driver=qcow2,file.file.driver=file,"
                + $"file.file.filename={directory["slow"]}",
            "-device",
            "virtio-scsi-pci,id=s0",
            "-device",
            "scsi-hd,bus=s0.0,drive=slow0,id=scsi0",
            "-blockdev",
            $"driver=qcow2,node-name=left-out,file.driver=file,file.filename={directory["out"]}",
            "-device",
            "virtio-blk-pci,drive=left-out,id=vd-out",
            "-device",
            "ide-cd,id=cd0",
            "-drive",
            $"file={directory["ro"]},if=none,id=iso,media=cdrom,format=raw",
            "-device",
            "ide-cd,drive=iso,id=cd1",
        ];
    }
}
