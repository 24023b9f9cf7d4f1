using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Tests.Monitor;

/// <summary>Replies of QEMU 7.2, and shapes that others may send.</summary>
public sealed class QueryTests
{
    private const string Path = "/run/vms/a/qga.sock";

    [Theory]
    [InlineData("unix:/run/vms/a/qga.sock,server=on", true)]
    [InlineData("disconnected:unix:/run/vms/a/qga.sock,server=on", true)]
    [InlineData("unix:/run/vms/a/qga.sock,server", true)]
    [InlineData("unix:/run/vms/a/qga.sock", true)]
    [InlineData("unix:a/qga.sock,server=on", true)]
    [InlineData("unix:./qga.sock,server=on", true)]
    [InlineData("unix:ga.sock,server=on", false)]
    [InlineData("unix:/run/vms/b/qga.sock,server=on", false)]
    [InlineData("tcp:/run/vms/a/qga.sock", false)]
    [InlineData("unix:,server=on", false)]
    [InlineData(null, false)]
    public void A_ports_socket_is_found_by_its_path(string? filename, bool same) =>
        Assert.Equal(same, new Chardev("qga0", filename, true).IsSocket(Path));

    [Fact]
    public async Task Devices_behind_bridges_are_found_at_their_own_address()
    {
        var monitor = new CannedMonitor("""
            [{"bus": 0, "devices": [{"bus": 0, "slot": 2, "function": 1, "qdev_id": "rp0", "regions": [],
              "pci_bridge": {"bus": {"number": 0, "secondary": 3}, "devices": [
                {"bus": 3, "slot": 0, "function": 0, "qdev_id": "vd0", "class_info": {"class": 256}}]}}]}]
            """
        );
        Assert.Equal(
            [new PciDevice("rp0", 0, 2, 1, Secondary: 3), new PciDevice("vd0", 3, 0, 0)],
            await QueryPci.AskAsync(monitor, default)
        );
    }

    [Fact]
    public async Task An_empty_drive_has_no_medium_and_unknown_members_are_ignored()
    {
        var monitor = new CannedMonitor("""
            [{"device": "cd0", "removable": true, "tray_open": false, "surprise": {"a": [1]}},
             {"device": "", "qdev": "vd0", "inserted": {"ro": false, "node-name": "disk0", "image": {"virtual-size": 512}}}]
            """);
        var devices = await QueryBlock.AskAsync(monitor, default);
        Assert.Null(devices![0].Inserted);
        Assert.Equal(512, devices[1].Inserted!.Image!.VirtualSize);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("{\"running\": \"yes\"}")]
    public async Task A_reply_of_another_shape_is_read_as_unknown(string reply) =>
        Assert.Null(await QueryStatus.AskAsync(new CannedMonitor(reply), default));

    [Theory]
    [InlineData("{}", false)]
    [InlineData("{\"status\": \"completed\"}", false)]
    [InlineData("{\"status\": \"cancelled\"}", false)]
    [InlineData("{\"status\": \"active\"}", true)]
    [InlineData("{\"status\": \"pre-switchover\"}", true)]
    public async Task Only_a_migration_under_way_counts(string reply, bool underWay) =>
        Assert.Equal(underWay, QueryMigrate.IsUnderWay(await QueryMigrate.AskAsync(new CannedMonitor(reply), default)));

    [Fact]
    public async Task Silence_is_an_exception_and_not_an_answer() =>
        await Assert.ThrowsAsync<MonitorException>(() => QueryStatus.AskAsync(new CannedMonitor(null), default));

    /// <summary>Answers everything with the same reply; null: never.</summary>
    private sealed class CannedMonitor(string? reply) : AnsweringMonitor
    {
        protected override MonitorOutcome Answer(string command, ReadOnlyMemory<byte> arguments) =>
            reply is null
                ? new MonitorOutcome.Unknown("no reply")
                : new MonitorOutcome.Returned(System.Text.Encoding.UTF8.GetBytes(reply));
    }
}
