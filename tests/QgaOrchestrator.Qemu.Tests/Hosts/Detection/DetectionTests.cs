using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Detection;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Detection;

/// <summary>VMs are found by what their QEMUs were started with.</summary>
public sealed class DetectionTests : IDisposable
{
    private const string AgentPort = "virtserialport,chardev=qga0,id=port0,name=org.qemu.guest_agent.0";

    private readonly TemporaryDirectory _root = new();
    private int _pids = 100;

    public DetectionTests() => Directory.CreateDirectory(_root["proc"]);

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("/run/vms/{0}/qga.sock", "/run/vms/{0}/qmp.sock", "/run/vms/{vm}/qga.sock", "/run/vms/{vm}/qmp.sock")]
    [InlineData("/run/qemu/{0}.qga", "/run/qemu/{0}.qmp", "/run/qemu/{vm}.qga", "/run/qemu/{vm}.qmp")]
    [InlineData("/run/a/{0}-qga.sock", "/run/m/{0}.sock", "/run/a/{vm}-qga.sock", "/run/m/{vm}.sock")]
    public async Task The_patterns_of_a_hosts_sockets_are_found(string agent, string monitor, string agents, string monitors)
    {
        foreach (var name in new[] { "db1", "db2", "web-1" })
            Start(Line(null, Of(agent, name), Of(monitor, name)));
        var found = Assert.Single(await DetectAsync());
        var source = Assert.Single(found.Sources);
        Assert.Equal((agents, monitors), ((string?)source["Agent"], (string?)source["Monitor"]));
        Assert.Equal(["db1", "db2", "web-1"], found.Vms.Select(vm => vm.Name));
        Assert.All(found.Vms, vm => Assert.Empty(vm.Missing));
    }

    [Fact]
    public async Task A_single_VMs_pattern_is_found_by_the_name_that_QEMU_was_given()
    {
        Start(Line("guest=shop,debug-threads=on", "/run/q/shop.agent", "/run/q/shop.monitor"));
        var found = Assert.Single(await DetectAsync());
        Assert.Equal("/run/q/{vm}.agent", (string?)Assert.Single(found.Sources)["Agent"]);
        Assert.Equal("shop", Assert.Single(found.Vms).Name);
    }

    [Fact]
    public async Task A_VM_without_a_channel_or_monitor_is_told_what_it_lacks_with_QEMUs_options()
    {
        Start(["qemu-system-x86_64", "-name", "bare", "-m", "64"]);
        Start(["/usr/bin/qemu-system-x86_64", "-name", "half",
            "-chardev", "socket,id=qga0,path=/run/vms/half/qga.sock,server=on,wait=off", "-device", AgentPort]);
        var found = Assert.Single(await DetectAsync());
        var bare = found.Vms[0];
        Assert.Equal("bare", bare.Name);
        Assert.Contains(bare.Missing, missing => missing.Remedy.Contains("org.qemu.guest_agent.0", StringComparison.Ordinal));
        Assert.Contains("-qmp unix:", Assert.Single(found.Vms[1].Missing).Remedy, StringComparison.Ordinal);
        Assert.Null(Assert.Single(found.Sources)["Monitor"]);
    }

    [Fact]
    public async Task A_VM_without_a_monitor_needs_no_source_of_its_own()
    {
        Start(Line(null, "/run/vms/a/qga.sock", "/run/vms/a/qmp.sock"));
        Start(Line(null, "/run/vms/b/qga.sock", null));
        Assert.Equal("/run/vms/{vm}/qmp.sock", (string?)Assert.Single(Assert.Single(await DetectAsync()).Sources)["Monitor"]);
    }

    [Fact]
    public async Task A_VM_whose_paths_hold_no_name_of_it_is_to_be_placed_by_the_fleet_file()
    {
        Start(Line(null, "/run/a b/qga", "/run/c/qmp"));
        var found = Assert.Single(await DetectAsync());
        Assert.Empty(found.Sources);
        Assert.Contains("Fleet.File", Assert.Single(Assert.Single(found.Vms).Missing).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_processes_and_a_host_without_QEMU_show_nothing()
    {
        Start(["/usr/bin/qemu-img", "convert", "a", "b"]);
        Start(["sleep", "qemu-system-x86_64"]);
        Assert.Empty(await DetectAsync());
    }

    [Theory]
    [InlineData("-mon", "chardev=mon0,mode=control")]
    [InlineData("-mon", "mon0,mode=control")]
    public void A_monitor_behind_a_chardev_is_found_and_one_for_people_is_not(string option, string value)
    {
        string[] chardev = ["-chardev", "socket,id=mon0,path=/run/with,,comma.sock,server,nowait"];
        Assert.Equal("/run/with,comma.sock", QemuCommandLine.Parse(["qemu", .. chardev, option, value]).Monitor);
        Assert.Null(QemuCommandLine.Parse(["qemu", .. chardev, "-mon", "chardev=mon0,mode=readline"]).Monitor);
    }

    [Theory]
    [InlineData("-device", "{\"driver\":\"virtserialport\",\"chardev\":\"qga0\",\"name\":\"org.qemu.guest_agent.0\"}")]
    [InlineData("-device", AgentPort)]
    public void The_agents_port_is_found_in_both_forms_of_an_option(string option, string value)
    {
        var line = QemuCommandLine.Parse(
            ["qemu", "-uuid", "u", "-chardev", "socket,id=qga0,path=/a,server=on,wait=off", option, value]);
        Assert.Equal(("/a", true, "u"), (line.Agent, line.HasAgentPort, line.Uuid));
    }

    [Fact]
    public async Task The_VMs_of_a_Proxmox_host_are_left_to_their_kind()
    {
        await using var fleet = new SimulatedFleet(_root["vms"], 1, new() { Name = _ => "100" });
        var host = new FakeProxmox(_root.Path);
        host.Write(100, "name: db\n");
        host.Start(100, fleet.Vms[0]);
        host.Write(101, "name: off\n");
        Start(Line("db", "/run/qemu-server/100.qga", "/run/qemu-server/100.qmp"));
        File.WriteAllText(_root["run/qemu-server/100.pid"], $"{_pids}\n");
        var found = Assert.Single(await DetectAsync());
        Assert.Equal(("proxmox", "proxmox"), (found.Kind, (string?)Assert.Single(found.Sources)["Kind"]));
        Assert.Equal([("100", (int?)_pids, 0), ("101", null, 1)], found.Vms.Select(vm => (vm.Name, vm.Pid, vm.Missing.Count)));
    }

    [Fact]
    public async Task The_domains_of_a_libvirt_host_are_left_to_their_kind()
    {
        await using var fleet = new SimulatedFleet(_root["vms"], 1);
        await using var daemon = new FakeLibvirtd(_root["run/libvirt"]);
        daemon.Add(new FakeDomain(fleet.Vms[0], _root.Path));
        Start(["qemu-system-x86_64", "-name", "guest=vm001", "-uuid", $"{fleet.Vms[0].Uuid}"]);
        Start(Line("own", "/run/q/own.agent", "/run/q/own.monitor"));
        var found = await DetectAsync();
        Assert.Equal(["libvirt", "sockets"], found.Select(vms => vms.Kind).Order());
        var domain = Assert.Single(found.Single(vms => vms.Kind == "libvirt").Vms);
        Assert.Equal((fleet.Vms[0].Name, (int?)101, 0), (domain.Name, domain.Pid, domain.Missing.Count));
        Assert.Equal("own", Assert.Single(found.Single(vms => vms.Kind == "sockets").Vms).Name);
    }

    private static string[] Line(string? name, string? agent, string? monitor) =>
    [
        "/usr/bin/qemu-system-x86_64",
        .. name is null ? [] : new[] { "-name", name },
        .. agent is null
            ? []
            : new[] { "-chardev", $"socket,id=qga0,path={agent},server=on,wait=off", "-device", AgentPort },
        .. monitor is null ? [] : new[] { "-qmp", $"unix:{monitor},server=on,wait=off" },
    ];

    private static string Of(string pattern, string name) => pattern.Replace("{0}", name, StringComparison.Ordinal);

    private void Start(string[] arguments)
    {
        var process = Directory.CreateDirectory(_root[$"proc/{++_pids}"]).FullName;
        File.WriteAllText(Path.Combine(process, "cmdline"), string.Join('\0', arguments) + '\0');
    }

    private Task<IReadOnlyList<DetectedVms>> DetectAsync() =>
        HostKinds.DetectAsync(HostSight.Look(_root.Path, TimeProvider.System));
}
