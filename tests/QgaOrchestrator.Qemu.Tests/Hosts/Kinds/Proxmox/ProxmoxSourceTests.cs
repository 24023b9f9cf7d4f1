using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Proxmox;

/// <summary>Which VMs a Proxmox host has, and what is told of them. A file stands for a socket.</summary>
public sealed class ProxmoxSourceTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();
    private readonly FakeProxmox _proxmox;
    private readonly IVmSource _source;

    public ProxmoxSourceTests()
    {
        _proxmox = new FakeProxmox(_root.Path);
        _source = HostKinds.Find("proxmox")!.Read(new GivenOptions(_root.Path));
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Its_VMs_are_those_whose_configs_lie_in_this_hosts_folder()
    {
        Run(100, "name: db\n");
        Run(101, "name: web\ntags: prod;c++\n", agent: false);
        Stop(102, "name: off\n");
        Stop(103, "template: 1\n");
        Run(104, "");
        _proxmox.Move(104, "pve2");

        var look = _source.Look();

        Assert.Empty(look.Faults);
        Assert.Equal(["100 ", "101 no agent", "102 missing", "103 missing"], look.Vms.Select(Said));
        Assert.Equal(
            ["pve.name=db", "pve.name=web pve.tag.c__=true pve.tag.prod=true", "pve.name=off", "pve.template=true"],
            look.Vms.Select(vm => string.Join(' ', vm.Labels.All.Select(label => $"{label.Key}={label.Value}"))));
        Assert.Contains("qm start 102", look.Vms[2].Missing!.Remedy, StringComparison.Ordinal);
        Assert.All(look.Vms, vm => Assert.True(vm.Address.IsShared));
    }

    [Fact]
    public void A_look_that_finds_nothing_new_is_the_last_one()
    {
        Run(100, "name: db\n");
        var look = _source.Look();
        for (var looks = 0; looks < 10; looks++) look = _source.Look(look);
        Assert.Same(look, _source.Look(look));
    }

    [Fact]
    public void A_VM_that_starts_is_renamed_and_moves_away_is_seen_in_the_next_look()
    {
        Stop(100, "name: db\n");
        var look = _source.Look();
        Assert.Equal(["100 missing"], look.Vms.Select(Said));

        Run(100, "name: db\n");
        look = _source.Look(look);
        Assert.Equal(["100 "], look.Vms.Select(Said));

        _proxmox.Write(100, "name: sql\n");
        look = _source.Look(look);
        Assert.Equal("sql", look.Vms[0].Labels.All["pve.name"]);

        _proxmox.Move(100, "pve2");
        Assert.Empty(_source.Look(look).Vms);
    }

    [Fact]
    public void A_VM_that_the_clusters_list_gives_to_another_host_is_not_ours()
    {
        Run(100, "name: db\n");
        File.WriteAllText(Path.Combine(_proxmox.Config, ".vmlist"), """{"ids": {"100": {"node": "pve2", "type": "qemu"}}}""");
        Assert.Empty(_source.Look().Vms);
    }

    [Fact]
    public void While_pmxcfs_is_away_the_VMs_that_run_stay_and_the_fault_is_told()
    {
        Run(100, "name: db\n");
        Run(101, "");
        Stop(102, "");
        var look = _source.Look();
        Directory.Move(_proxmox.Config, _root["away"]);
        Directory.CreateDirectory(_proxmox.Config);
        File.Delete(Path.Combine(_proxmox.Sockets, "101.qga"));
        File.Delete(Path.Combine(_proxmox.Sockets, "101.qmp"));

        look = _source.Look(look);

        Assert.Equal(["100 "], look.Vms.Select(Said));
        var fault = Assert.Single(look.Faults);
        Assert.True(fault.Blinds);
        Assert.Contains("pve-cluster", fault.Remedy, StringComparison.Ordinal);

        Directory.Delete(_proxmox.Config);
        Directory.Move(_root["away"], _proxmox.Config);
        look = _source.Look(look);
        Assert.Empty(look.Faults);
        Assert.Equal(["100 ", "101 missing", "102 missing"], look.Vms.Select(Said));
    }

    [Fact]
    public void A_socket_in_its_directory_is_its_own_whoever_finds_it()
    {
        Run(100, "");
        Directory.CreateSymbolicLink(_root["srv"], _proxmox.Sockets);
        File.WriteAllText(_root["200.qga"], "");
        Assert.True(_source.Owns(FoundAt("run/qemu-server/{vm}.qga")));
        Assert.True(_source.Owns(FoundAt("srv/{vm}.qga")));
        Assert.False(_source.Owns(FoundAt("{vm}.qga")));
    }

    [Fact]
    public void An_option_that_is_no_yes_or_no_is_told()
    {
        var given = new GivenOptions(_root.Path) { ["Lock"] = "sometimes" };
        HostKinds.Find("proxmox")!.Read(given);
        Assert.Equal(["Lock: \"sometimes\" is not true or false"], given.Faults);
    }

    private static string Said(FoundVm vm) =>
        $"{vm.Name} {(vm.Missing is not null ? "missing" : vm.NoAgent is not null ? "no agent" : "")}";

    private FoundVm FoundAt(string pattern) => Assert.Single(HostKinds.Find("sockets")!
        .Read(new GivenOptions(_root.Path) { ["Agent"] = pattern, ["Hold"] = "per-command" })
        .Look().Vms);

    private void Run(int id, string config, bool agent = true)
    {
        Stop(id, config);
        File.WriteAllText(Path.Combine(_proxmox.Sockets, $"{id}.qmp"), "");
        if (agent) File.WriteAllText(Path.Combine(_proxmox.Sockets, $"{id}.qga"), "");
    }

    private void Stop(int id, string config) => _proxmox.Write(id, config);
}
