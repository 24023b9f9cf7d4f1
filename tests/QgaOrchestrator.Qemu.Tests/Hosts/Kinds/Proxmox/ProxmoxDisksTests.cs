using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Tests.Cut;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Proxmox;

/// <summary>The disks of a Proxmox VM in a real QEMU, as its releases give them: by -drive, and by -blockdev with a throttle filter
/// each.</summary>
public sealed class ProxmoxDisksTests : IDisposable
{
    private const string Uuid = "5f3a4a50-77b1-4c34-9d0f-aabbccddeeff";

    private const string Config = """
        agent: 1
        efidisk0: local:100/vm-100-disk-0.raw,efitype=4m,size=528K
        ide0: local:100/vm-100-cloudinit.raw,media=cdrom
        ide2: none,media=cdrom
        scsi0: local:100/vm-100-disk-1.raw,size=1M
        scsi1: local:100/vm-100-disk-2.raw,backup=0,size=1M
        scsi7: local:100/not-plugged-in.raw,backup=0,size=1M
        tpmstate0: local:100/vm-100-disk-4.raw,size=4M,version=v2.0
        virtio1: local:100/vm-100-disk-3.qcow2,size=1M
        """;

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [SkippableTheory]
    [InlineData("full", false)]
    [InlineData("full", true)]
    [InlineData("snapshot", false)]
    public async Task Its_disks_are_cut_as_they_are_and_its_config_says_which_are_left_out(string method, bool byBlockdev)
    {
        await using var qemu = await RealQemu.StartAsync(disks: 0, more: files => Arguments(files, byBlockdev));
        await qemu.AskAsync("block-dirty-bitmap-add", """{"node": "drive-virtio1", "name": "of-another-backup"}""");
        var before = await qemu.GraphAsync();
        var proxmox = HostOf(qemu);
        await using var machine = MachineOn(proxmox);
        Assert.Equal(Uuid, await machine.UuidAsync(Long));
        var cut = CutOf(proxmox, machine, method);

        var plan = await cut.PrepareAsync(
            CutNames.For("run", 1, 1), new(qemu.NewPoint(), null) { Exclude = ["nobody"] }, default);

        Assert.Equal("backup", proxmox.LockOf(100));
        Assert.Equal(
            ["efidisk0 raw firmware", "scsi0 raw", "virtio1 qcow2"],
            plan.Disks.Select(disk => $"{Short(disk.Name)} {disk.Format}{(disk.Firmware ? " firmware" : "")}")
                .Order(StringComparer.Ordinal));
        Assert.Equal(
            ["ide0 Excluded", "ide2 Empty", "scsi1 Excluded"],
            plan.Machine!.Outside.Select(disk => $"{Short(disk.Name)} {disk.Reason}").Order(StringComparer.Ordinal));
        Assert.Equal(["nobody"], plan.Machine.UnknownExclusions);
        await AssertIsDescribedAsync(proxmox, machine, plan);

        machine.Hold(true);
        Assert.IsType<MachineOpening.Ready>(await machine.OpenAsync(Long));
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        machine.Hold(false);
        await cut.FinishAsync(plan, _ => { }, default);

        Assert.Equal(before, await qemu.GraphAsync());
        Assert.Contains("of-another-backup", (await qemu.AskAsync("query-block")).GetRawText(), StringComparison.Ordinal);
        Assert.Null(proxmox.LockOf(100));
        foreach (var disk in plan.Disks.Where(disk => !disk.Firmware))
            RealQemu.AssertHolds(disk.Image, disk.Format == "raw" ? 1 : 3, "64k");
    }

    /// <summary>The config names each disk that is cut, and where the state of its TPM is.</summary>
    private async Task AssertIsDescribedAsync(FakeProxmox proxmox, IMachine machine, CutPlan plan)
    {
        var keeper = HostKinds.Find("proxmox")!.Keeper;
        DescribedVm vm = new(JobOf(proxmox, machine).Address!, machine, plan.Disks, TimeProvider.System);
        var lacking = Assert.Single((await keeper.DescribeAsync(vm)).Missing);
        Assert.Equal(MachinePart.Tpm, lacking.Part);

        proxmox.AddProgram("pvesm", "#!/bin/sh\n[ $1 = path ] && echo /dev/pve/${2##*/}\n");
        var described = await keeper.DescribeAsync(vm);

        Assert.Empty(described.Missing);
        Assert.Equal(plan.Disks.Select(disk => Short(disk.Name)), described.Disks);
        var file = Assert.Single(described.Files);
        Assert.Equal("100.conf", file.Name);
        Assert.DoesNotContain("lock:", System.Text.Encoding.UTF8.GetString(file.Bytes.Span), StringComparison.Ordinal);
        Assert.Equal("/dev/pve/vm-100-disk-4.raw", Assert.Single(described.States).Path);
    }

    [SkippableTheory]
    [InlineData("lvmthin: local\n\tvgname pve\n\tthinpool data\n", "lvs", "1048576:10.00")]
    [InlineData("zfspool: local\n\tpool rpool/data\n\tsparse 1\n", "zfs", "65536")]
    public async Task Images_of_thin_volumes_take_up_what_is_in_them_and_that_is_told(string storage, string program, string says)
    {
        await using var qemu = await RealQemu.StartAsync(disks: 0, more: files => Arguments(files, byBlockdev: true));
        var proxmox = HostOf(qemu);
        proxmox.SetStorages(storage);
        proxmox.AddProgram(program, $"#!/bin/sh\necho \"$@\" >> {_root["asked"]}\necho '  {says}'\n");
        await using var machine = MachineOn(proxmox);
        var cut = CutOf(proxmox, machine, "full");
        var plan = await cut.PrepareAsync(CutNames.For("run", 1, 1), new(qemu.NewPoint(), null), default);
        Assert.Equal(["scsi0", "virtio1"], plan.Disks.Select(disk => disk.Thin?.Device).OfType<string>());
        Assert.InRange(plan.Disks.First(disk => disk.Thin is not null).Thin!.Held!.Value, 1, 110_000);
        machine.Hold(true);
        await machine.OpenAsync(Long);
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        machine.Hold(false);
        await cut.FinishAsync(plan, _ => { }, default);

        foreach (var disk in plan.Disks.Where(disk => disk.Thin is not null))
        {
            RealQemu.AssertHolds(disk.Image, disk.Format == "raw" ? 1 : 3, "64k");
            Assert.InRange(new FileInfo(disk.Image).Length, 1, 600_000);
        }

        Assert.Contains("vm-100-disk-1.raw", File.ReadAllText(_root["asked"]), StringComparison.Ordinal);
        var warnings = await HostKinds.Find("proxmox")!.Method("full").WarningsAsync(JobOf(proxmox, machine));
        Assert.Contains(warnings, warning => warning.What.Contains(
            "scsi0 (local:100/vm-100-disk-1.raw), virtio1", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_thin_volume_that_holds_more_than_the_target_has_room_for_is_refused()
    {
        await using var qemu = await RealQemu.StartAsync(disks: 0, more: files =>
        {
            using (var huge = File.Create(files["virtio0"])) huge.SetLength(1L << 42);
            return Disk(files, "virtio0", "raw", "virtio-blk-pci", byBlockdev: true);
        });
        var proxmox = HostOf(qemu);
        proxmox.Write(100, "virtio0: thin:vm-100-disk-0,size=4T\n");
        proxmox.SetStorages("lvmthin: thin\n\tvgname pve\n");
        await using var machine = MachineOn(proxmox);
        foreach (var (percent, isRefused) in new[] { ("99.50", true), ("0.00", false) })
        {
            proxmox.AddProgram("lvs", $"#!/bin/sh\necho '  {1L << 42}:{percent}'\n");
            var (names, point) = (CutNames.For("run", 1, isRefused ? 1 : 2), qemu.NewPoint());
            var cut = CutOf(proxmox, machine, "full");
            if (isRefused)
            {
                var refused = await Assert.ThrowsAsync<CutException>(() => cut.PrepareAsync(names, new(point, null), default));
                Assert.Contains("has no room", refused.Message, StringComparison.Ordinal);
            }
            else
            {
                await cut.PrepareAsync(names, new(point, null), default);
                await cut.UndoAsync(names, point, default);
            }

            Assert.Null(proxmox.LockOf(100));
            Assert.False(Directory.Exists(point));
        }
    }

    private static string Short(string name) => name.Replace("drive-", "", StringComparison.Ordinal);

    private static ProxmoxVm VmOn(FakeProxmox host) =>
        new(100, new ProxmoxSite(host.Config, host.Sockets, TakesLock: true, host.Root));

    private static IMachine MachineOn(FakeProxmox host) => HostKinds.Find("proxmox")!.Machine(VmOn(host), TimeProvider.System)!;

    private CutJob JobOf(FakeProxmox host, IMachine machine) =>
        new(new CutHost(_root["data"], TimeProvider.System), "h1~100", machine) { Address = VmOn(host) };

    private ICut CutOf(FakeProxmox host, IMachine machine, string method) =>
        HostKinds.Find("proxmox")!.Method(method).Make(JobOf(host, machine));

    private FakeProxmox HostOf(RealQemu qemu)
    {
        var host = new FakeProxmox(_root.Path);
        host.Write(100, Config);
        File.CreateSymbolicLink(Path.Combine(host.Sockets, "100.qmp"), qemu.MonitorPath);
        return host;
    }

    private static string[] Arguments(TemporaryDirectory files, bool byBlockdev)
    {
        foreach (var (name, size) in new[] { ("code", 3653632), ("vars", 540672), ("cloudinit", 1 << 20) })
        {
            using var file = File.Create(files[name]);
            file.SetLength(size);
        }

        foreach (var (name, format, pattern) in new[] { ("scsi0", "raw", 1), ("scsi1", "raw", 2), ("virtio1", "qcow2", 3) })
        {
            RealQemu.Run("qemu-img", "create", "-q", "-f", format, files[name], "1M");
            RealQemu.Run("qemu-io", "-f", format, "-c", $"write -q -P {pattern} 64k 64k", files[name]);
        }

        return
        [
            "-smbios", $"type=1,uuid={Uuid}",
            "-drive", $"if=pflash,unit=0,format=raw,readonly=on,file={files["code"]}",
            "-drive", $"if=pflash,unit=1,id=drive-efidisk0,format=raw,file={files["vars"]},size=540672",
            "-device", "virtio-scsi-pci,id=scsihw0",
            .. Disk(files, "scsi0", "raw", "scsi-hd,bus=scsihw0.0,channel=0,scsi-id=0,lun=0", byBlockdev),
            .. Disk(files, "scsi1", "raw", "scsi-hd,bus=scsihw0.0,channel=0,scsi-id=0,lun=1", byBlockdev),
            .. Disk(files, "virtio1", "qcow2", "virtio-blk-pci", byBlockdev),
            "-drive", $"file={files["cloudinit"]},if=none,id=drive-ide0,media=cdrom,format=raw",
            "-device", "ide-cd,bus=ide.0,unit=0,drive=drive-ide0,id=ide0",
            "-drive", "if=none,id=drive-ide2,media=cdrom",
            "-device", "ide-cd,bus=ide.1,unit=0,drive=drive-ide2,id=ide2",
        ];
    }

    private static string[] Disk(TemporaryDirectory files, string id, string format, string device, bool byBlockdev) => byBlockdev
        ?
        [
            "-object", $$"""{"id":"throttle-drive-{{id}}","limits":{},"qom-type":"throttle-group"}""",
            "-blockdev",
            $$"""
            {"driver":"throttle","node-name":"drive-{{id}}","throttle-group":"throttle-drive-{{id}}","detect-zeroes":"on",
             "file":{"driver":"{{format}}","node-name":"f{{id}}0123456789abcdef","detect-zeroes":"on",
             "file":{"driver":"file","node-name":"e{{id}}0123456789abcdef","filename":"{{files[id]}}"} } }
            """,
            "-device", $"{device},drive=drive-{id},id={id}",
        ]
        :
        [
            "-drive", $"file={files[id]},if=none,id=drive-{id},format={format},detect-zeroes=on",
            "-device", $"{device},drive=drive-{id},id={id}",
        ];
}
