using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;

public sealed class LibvirtMachineTests : IAsyncLifetime
{
    private const string Xml = """
        <domain type='kvm'><devices>
        <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='unsafe'/><source file='/a.qcow2'/>
          <target dev='vda' bus='virtio'/><serial>data-1</serial><alias name='virtio-disk0'/>
          <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/></disk>
        <disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/vg/b'/>
          <target dev='sda' bus='scsi'/><alias name='scsi0-0-0-3'/>
          <address type='drive' controller='0' bus='0' target='0' unit='3'/></disk>
        <disk type='file' device='disk'><source file='/c.qcow2'/><target dev='sdb' bus='sata'/><alias name='sata0-0-2'/>
          <address type='drive' controller='0' bus='0' target='0' unit='2'/></disk>
        <disk type='file' device='cdrom'><target dev='sdc' bus='sata'/><readonly/><alias name='sata0-0-3'/>
          <address type='drive' controller='0' bus='0' target='0' unit='3'/></disk>
        <disk type='block' device='lun'><source dev='/dev/sdq'/><target dev='sdd' bus='scsi'/><alias name='scsi0-0-0-4'/>
          <address type='drive' controller='0' bus='0' target='0' unit='4'/></disk>
        <controller type='pci' index='0' model='pcie-root'/>
        <controller type='pci' index='1' model='pcie-root-port'>
          <address type='pci' bus='0x00' slot='0x02' function='0x0'/></controller>
        <controller type='pci' index='4' model='pcie-root-port'>
          <address type='pci' bus='0x00' slot='0x02' function='0x1'/></controller>
        <controller type='pci' index='7' model='pcie-expander-bus'>
          <address type='pci' bus='0x00' slot='0x09' function='0x0'/></controller>
        <controller type='scsi' index='0' model='virtio-scsi'><alias name='scsi0'/>
          <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/></controller>
        <controller type='sata' index='0'><alias name='ide'/>
          <address type='pci' domain='0x0000' bus='0x00' slot='0x1f' function='0x2'/></controller>
        <tpm model='tpm-crb'><alias name='tpm0'/></tpm>
        <channel type='unix'><source mode='bind' path='/run/c.sock'/>
          <target type='virtio' name='org.qemu.guest_agent.0' state='disconnected'/></channel>
        </devices></domain>
        """;

    private static readonly TimeSpan Long = LibvirtLab.Long;

    private readonly LibvirtLab _lab = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _lab.DisposeAsync();

    [Fact]
    public void Disks_are_placed_as_their_guest_sees_them()
    {
        var disks = DomainDisks.Of(DomainXml.Parse(Xml)).ToDictionary(disk => disk.Target);
        // The guest numbers buses as it meets them: the port with libvirt's index 4 is its second.
        Assert.Equal(new DiskPlace(DiskSocket.Virtio, new(0, 2, 0, 0)) { Serial = "data-1" }, disks["vda"].Place);
        Assert.Equal(
            new DiskPlace(DiskSocket.VirtioScsi, new(0, 1, 0, 0), Unit: 3) { DeviceId = "drive-scsi0-0-0-3" },
            disks["sda"].Place);
        Assert.Equal(new DiskPlace(DiskSocket.Sata, new(0, 0, 0x1f, 2), 2), disks["sdb"].Place);
        Assert.Equal(("/dev/vg/b", "raw"), (disks["sda"].File, disks["sda"].Format));
        Assert.True(disks["vda"].IgnoresFlushes);
        Assert.Equal(
            [null, null, null, OutsideReason.Empty, OutsideReason.PassedThrough],
            disks.Values.Select(disk => disk.Outside));
    }

    [Fact]
    public void A_bus_that_numbers_itself_is_not_known()
    {
        var buses = new PciBuses(DomainXml.Parse(Xml).Devices);
        Assert.Equal(new PciAddress(0, 2, 1, 0), buses.Of(new(0, 4, 1, 0)));
        Assert.Null(buses.Of(new(0, 7, 1, 0)));
    }

    [Fact]
    public void A_domains_channel_and_TPM_are_told()
    {
        var xml = DomainXml.Parse(Xml);
        Assert.Equal(("/run/c.sock", false), (xml.AgentSocket, xml.IsAgentPortOpen));
        Assert.Equal([new OutsideDisk("tpm0", OutsideReason.Tpm)], DomainDisks.Tpms(xml));
    }

    [Theory]
    [InlineData(1, 1, false, "running")]
    [InlineData(3, 1, false, "paused")]
    [InlineData(3, 5, false, "io-error")]
    [InlineData(3, 2, false, "finish-migrate")]
    [InlineData(3, 2, true, "inmigrate")]
    [InlineData(7, 0, false, "suspended")]
    public void A_domains_state_is_told_in_QEMUs_words(int state, int reason, bool comesIn, string word) =>
        Assert.Equal(new MachineStatus(word == "running", word), DomainStates.StatusOf(state, reason, comesIn));

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(1, 2, true)]
    [InlineData(1, 10, true)]
    [InlineData(3, 2, false)]
    public void A_domain_that_runs_since_a_migration_has_come_in(int state, int reason, bool cameIn) =>
        Assert.Equal(cameIn, DomainStates.HasComeIn(state, reason));

    [Theory]
    [InlineData(DomainEventId.Lifecycle, 3, 0, MachineChange.Stopped)]
    [InlineData(DomainEventId.Lifecycle, 3, 2, MachineChange.DiskFault)]
    [InlineData(DomainEventId.Lifecycle, 5, 0, MachineChange.ShutDown)]
    [InlineData(DomainEventId.AgentLifecycle, 2, 2, MachineChange.Port)]
    [InlineData(DomainEventId.PmSuspend, 0, 0, MachineChange.Suspended)]
    public void What_happens_to_a_domain_is_told_as_that(object what, int kind, int detail, MachineChange change) =>
        Assert.Equal(change, DomainStates.ChangeOf(new(Guid.NewGuid(), (DomainEventId)what, kind, detail))!.Value.Change);

    [Fact]
    public async Task Disks_that_their_owner_leaves_out_are_told_and_names_that_no_disk_has()
    {
        await using var machine = await _lab.OpenMachineAsync();
        var disks = await machine.DisksAsync(["vda", "nosuch"], index => $"/points/{index}.qcow2", Long);
        Assert.Equal([new OutsideDisk("vda", OutsideReason.Excluded, disks.Outside[0].Place)], disks.Outside);
        Assert.Equal(["nosuch"], disks.UnknownExclusions);
        Assert.Equal(("vdb", "/points/0.qcow2", 64L << 20), (disks.Cut[0].Node, disks.Cut[0].Image, disks.Cut[0].Size));
    }

    [Fact]
    public async Task A_machine_whose_daemon_is_killed_is_lost_and_answers_nothing()
    {
        await using var machine = await _lab.OpenMachineAsync();
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        machine.Lost += _ => lost.TrySetResult();
        await _lab.Daemon.KillAsync();
        await lost.Task.WaitAsync(Long);
        Assert.False(machine.IsOpen);
        await Assert.ThrowsAsync<MonitorException>(() => machine.StatusAsync(Long));
    }

    [Fact]
    public async Task A_process_is_the_one_of_the_file_that_the_daemon_wrote()
    {
        Directory.CreateDirectory(Path.Combine(_lab.Root, "run/libvirt/qemu"));
        await File.WriteAllTextAsync(Path.Combine(_lab.Root, "run/libvirt/qemu/vm001.pid"), $"{Environment.ProcessId}\n");
        await using var machine = await _lab.OpenMachineAsync();
        Assert.Equal(Environment.ProcessId, machine.Process!.Pid);
    }
}
