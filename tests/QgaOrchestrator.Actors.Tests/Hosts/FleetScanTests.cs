using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Tests.Hosts;

/// <summary>What is found on a host: each VM once, as a channel or with the reason why it is none. A file stands for a
/// socket.</summary>
public sealed class FleetScanTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_VM_with_an_agent_a_VM_without_and_a_directory_without_sockets()
    {
        Make(
            "vms/both/qga.sock",
            "vms/both/qmp.sock",
            "vms/agent/qga.sock",
            "vms/monitor/qmp.sock",
            "vms/off/disk.qcow2",
            "vms/README"
        );

        var found = Scan([Source("vms/{vm}/qga.sock", "vms/{vm}/qmp.sock")]);

        Assert.Equal(["agent Agent", "both Agent Monitor", "monitor None Monitor"], found.Vms.Select(Said));
        Assert.Contains(At("vms/monitor/qga.sock"), found.Vms[2].NoAgent!.Reason, StringComparison.Ordinal);
        Assert.Empty(found.Unserved);
        Assert.Empty(found.Faults);
    }

    [Theory]
    [InlineData("{vm}.qga", "{vm}.qmp", "1.qga 1.qmp 2.qmp", "1 Agent Monitor|2 None Monitor")]
    [InlineData("{vm}.sock", "{vm}.qmp.sock", "a.sock a.qmp.sock b.qmp.sock", "a Agent Monitor|b None Monitor")]
    [InlineData("{vm}.agent.sock", "{vm}.sock", "a.agent.sock a.sock b.agent.sock", "a Agent Monitor|b Agent")]
    public void An_agents_pattern_does_not_match_the_monitors_socket(string agent, string monitor, string files, string expected)
    {
        Make([.. files.Split(' ').Select(file => "vms/" + file)]);
        Assert.Equal(expected.Split('|'), Scan([Source("vms/" + agent, "vms/" + monitor)]).Vms.Select(Said));
    }

    [Fact]
    public void An_invalid_VM_name_is_shown_in_printable_characters()
    {
        Make("vms/my vm/qga.sock", "vms/a\u001b[31m/qmp.sock", "vms/good/qga.sock");

        var found = Scan([Source("vms/{vm}/qga.sock", "vms/{vm}/qmp.sock")]);

        Assert.Equal(["good"], found.Vms.Select(vm => vm.Id.Name));
        Assert.Equal([@"h1/a\u001b[31m Invalid", "h1/my vm Invalid"], found.Unserved.Select(Said));
        Assert.All(found.Unserved, vm => Assert.DoesNotContain('\u001b', vm.Obstacle.Reason));
        Assert.All(found.Unserved, vm => Assert.Contains("[A-Za-z0-9._-]", vm.Obstacle.Remedy, StringComparison.Ordinal));
    }

    [Fact]
    public void Two_VMs_of_one_name_are_two_and_one_VM_found_twice_is_one()
    {
        Make("a/web/qga.sock", "b/web/qga.sock");
        Directory.CreateSymbolicLink(At("c"), At("a"));

        var found = Scan([Source("a/{vm}/qga.sock"), Source("b/{vm}/qga.sock"), Source("c/{vm}/qga.sock")]);

        Assert.Equal(At("a/web/qga.sock"), ((VmAddress.Sockets)Assert.Single(found.Vms).Address).Agent);
        var other = Assert.Single(found.Unserved);
        Assert.Equal("h1/web (Fleet:Sources:1) Invalid", Said(other));
        Assert.Contains(At("a/web/qga.sock"), other.Obstacle.Reason, StringComparison.Ordinal);
        Assert.Contains(At("b/web/qga.sock"), other.Obstacle.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_of_a_kind_that_knows_more_of_its_VM_is_left_to_that_kind()
    {
        Make("vms/own.qga", "run/qemu-server/100.qga", "run/qemu-server/100.qmp", "run/qemu-server/vzdump.qga");
        Make("etc/pve/nodes/pve1/qemu-server/100.conf");
        File.WriteAllText(At("etc/pve/nodes/pve1/qemu-server/100.conf"), "name: db\ntags: prod\n");
        Directory.CreateSymbolicLink(At("etc/pve/local"), "nodes/pve1");
        var proxmox = HostKinds.Find("proxmox")!.Read(new GivenOptions(_directory.Path));

        var found = Scan(
            [Source("run/qemu-server/{vm}.qga", hold: "per-command"), Source("vms/{vm}.qga"), proxmox],
            Placed("db", agent: "run/qemu-server/100.qga"));

        Assert.Equal(["100 Agent Monitor", "own Agent"], found.Vms.Select(Said));
        Assert.Same(proxmox.Kind, found.Vms[0].Kind);
        Assert.Equal(["h1/db Missing"], found.Unserved.Select(Said));
        Assert.Contains("Remove Agent and Monitor", found.Unserved[0].Obstacle.Remedy, StringComparison.Ordinal);
        var labels = Assert.Single(found.Labels);
        Assert.Equal("100", labels.Key.Name);
        Assert.Equal(["pve.name=db", "pve.tag.prod=true"], labels.Value.All.Select(label => $"{label.Key}={label.Value}"));
        Assert.True(found.IsAs(found with { Labels = new Dictionary<VmId, VmLabels>(found.Labels) }));
        Assert.False(found.IsAs(found with { Labels = new Dictionary<VmId, VmLabels>() }));
    }

    [Fact]
    public void A_VM_that_the_fleet_file_places_and_that_is_absent_is_missing()
    {
        Make("vms/found/qga.sock", "own/only.qmp");
        var found = Scan(
            [Source("vms/{vm}/qga.sock")],
            Placed("gone", agent: "own/gone.qga", monitor: "own/gone.qmp"),
            Placed("half", agent: "own/half.qga", monitor: "own/only.qmp"),
            Placed("found", "h1"),
            Placed("named", "h1"),
            Placed("labelled"),
            Placed("far", "h2", "own/far.qga"),
            Placed("known", "h3")
        );

        Assert.Equal(["found Agent", "half None Monitor"], found.Vms.Select(Said));
        Assert.Equal(["h1/gone Missing", "h1/named Missing", "h2/far Missing"], found.Unserved.Select(Said));
        Assert.Contains(At("own/gone.qga"), found.Unserved[0].Obstacle.Reason, StringComparison.Ordinal);
        Assert.Contains(
            "no source of Fleet.Sources finds it", found.Unserved[1].Obstacle.Reason, StringComparison.Ordinal);
        Assert.Contains("this node's host is h1", found.Unserved[2].Obstacle.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fleet_file_names_a_socket_that_a_source_finds_too_and_keeps_its_names()
    {
        Make("vms/100.qga", "vms/web.qga");
        var found = Scan([Source("vms/{vm}.qga")], Placed("shop", agent: "vms/100.qga"), Placed("web", agent: "own/web.qga"));

        Assert.Equal(["shop Agent"], found.Vms.Select(Said));
        Assert.Equal(["h1/web Missing", "h1/web (Fleet:Sources:0) Invalid"], found.Unserved.Select(Said));
    }

    [Fact]
    public void A_source_that_cannot_be_read_is_told_and_the_others_are_looked_at()
    {
        Make("vms/a/qga.sock", "plain");

        var found = Scan([Source("plain/{vm}/qga.sock"), Source("later/{vm}/qga.sock"), Source("vms/{vm}/qga.sock")]);

        Assert.Equal(["a Agent"], found.Vms.Select(Said));
        Assert.Equal(
            [("Fleet:Sources:0", true), ("Fleet:Sources:1", false)], found.Faults.Select(fault => (fault.Source, fault.Blinds)));
        Assert.Contains($"{At("plain")} cannot be read", found.Faults[0].Reason, StringComparison.Ordinal);
        Assert.Contains($"there is no directory {At("later")}", found.Faults[1].Reason, StringComparison.Ordinal);
    }

    /// <summary>The sources' patterns and holds, the VM's sockets, and its hold.</summary>
    [Theory]
    [InlineData("vms/{vm}.qga per", "vms/a.qga", SocketHold.PerCommand)]
    [InlineData("vms/{vm}.qga per", "vms/a.agent", SocketHold.PerCommand)]
    [InlineData("vms/{vm}.qga own, vms/{vm}.agent per", "vms/a.qga", SocketHold.Exclusive)]
    [InlineData("vms/{vm}.qga own, vms/a{vm}.qga per", "vms/ab.qga", SocketHold.PerCommand)]
    [InlineData("vms/{vm}.qga per", "link/a.qga", SocketHold.PerCommand)]
    [InlineData("link/{vm}.qga per", "vms/a.qga", SocketHold.PerCommand)]
    [InlineData("other/{vm}.qga per", "vms/a.qga", SocketHold.Exclusive)]
    [InlineData("", "vms/a.qga", SocketHold.Exclusive)]
    public void A_VM_of_the_fleet_file_is_held_as_its_source_says(string sources, string socket, SocketHold hold)
    {
        Make("vms/a.qga", "vms/ab.qga", "vms/a.agent");
        Directory.CreateSymbolicLink(At("link"), At("vms"));
        var given = sources
            .Split(", ", StringSplitOptions.RemoveEmptyEntries)
            .Select(source => source.Split(' '))
            .Select(source => Source(source[0], hold: source[1] == "per" ? "per-command" : "exclusive"))
            .ToList();

        var found = Scan(given, Placed("mine", agent: socket)).Vms.Single(vm => vm.Id.Name == "mine");
        Assert.Equal(new VmAddress.Sockets(At(socket), null, hold), found.Address);
    }

    [Fact]
    public void A_single_socket_that_leads_to_Proxmox_is_refused_when_it_is_found()
    {
        Make("etc/pve/storage.cfg", "run/qemu-server/100.qga", "vms/x");
        File.CreateSymbolicLink(At("vms/web.qga"), At("run/qemu-server/100.qga"));

        Assert.Equal(["h1/web Invalid"], Scan([Source("vms/{vm}.qga")]).Unserved.Select(Said));
        Assert.Equal(["h1/shop Invalid"], Scan([], Placed("shop", agent: "run/qemu-server/100.qga")).Unserved.Select(Said));
        Assert.Equal(["100 Agent"], Scan([Source("run/qemu-server/{vm}.qga", hold: "per-command")]).Vms.Select(Said));
    }

    /// <summary>A look takes over what has not changed since the last one.</summary>
    [Theory]
    [InlineData("vms/{vm}/qga.sock", "vms/{vm}/qmp.sock")]
    [InlineData("link/{vm}/qga.sock", "link/{vm}/qmp.sock")]
    [InlineData("vms/{vm}/qga.sock", "other/{vm}/qmp.sock")]
    public void Every_change_is_seen_by_the_next_scan(string agent, string monitor)
    {
        Directory.CreateSymbolicLink(At("link"), "vms");
        Make("vms/db1/qga.sock", "vms/db1/qmp.sock", "vms/db2/qga.sock", "vms/db3/other");
        IReadOnlyList<IVmSource> sources = [Source(agent, monitor)];
        var scan = new FleetScan("h1", sources, _directory.Path, _ => true);
        Action[] changes =
        [
            () => File.Delete(At("vms/db1/qga.sock")),
            () => Make("vms/db1/qga.sock"),
            () => Make("vms/db3/qga.sock"),
            () => File.CreateSymbolicLink(At("vms/db2/qmp.sock"), At("elsewhere")),
            () => Make("elsewhere"),
            () => File.Delete(At("elsewhere")),
            () => Directory.Delete(At("vms/db2"), recursive: true),
            () => Make("vms/db2/qga.sock"),
            () => Directory.Move(At("vms/db3"), At("vms/db4")),
        ];
        foreach (var change in changes)
        {
            // What stands still for some looks is taken over.
            for (var i = 0; i < 8; i++) scan.Find(Nothing);
            LetTheFileSystemsClockTick();
            change();
            var fresh = new FleetScan("h1", sources, _directory.Path, _ => true).Find(Nothing);
            Assert.True(scan.Find(Nothing).IsAs(fresh));
        }
    }

    /// <summary>Looks are half a second apart, and a change has another time than the look before it.</summary>
    private void LetTheFileSystemsClockTick()
    {
        File.WriteAllText(At("probe"), "");
        var before = File.GetLastWriteTimeUtc(At("probe"));
        while (File.GetLastWriteTimeUtc(At("probe")) == before) File.WriteAllText(At("probe"), "");
    }

    private static readonly FleetFile Nothing = new([]);

    private HostScan Scan(IReadOnlyList<IVmSource> sources, params FleetVm[] placed) =>
        new FleetScan("h1", sources, _directory.Path, host => host == "h3").Find(new FleetFile(placed));

    private IVmSource Source(string agent, string? monitor = null, string hold = "exclusive") => HostKinds.All[0].Read(
        new GivenOptions(_directory.Path) { ["Agent"] = agent, ["Monitor"] = monitor, ["Hold"] = hold });

    private FleetVm Placed(string name, string? host = null, string? agent = null, string? monitor = null) =>
        new(name, host, VmIdentity.NoLabels, null, FreezeMode.Together)
        {
            Place = new[] { ("Agent", agent), ("Monitor", monitor) }
                .Where(member => member.Item2 is not null)
                .ToDictionary(member => member.Item1, member => "unix:" + At(member.Item2!)),
        };

    private static string Said(VmSpec vm) =>
        $"{vm.Id.Name} {(vm.NoAgent is { } trouble ? trouble.State : "Agent")}"
            + (((VmAddress.Sockets)vm.Address).Monitor is null ? "" : " Monitor");

    private static string Said(UnservedVm vm) => $"{vm.Id} {vm.Obstacle.State}";

    private string At(string path) => _directory.File(path);

    private void Make(params string[] files)
    {
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(file))!);
            File.WriteAllText(At(file), "");
        }
    }
}
