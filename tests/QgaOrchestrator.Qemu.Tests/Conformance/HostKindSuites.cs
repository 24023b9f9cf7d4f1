using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Tests.Conformance.Toy;
using QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;
using QgaOrchestrator.Qemu.Tests.Ledger;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Conformance;

public class SocketsKindConforms : HostKindSuite
{
    protected override IHostKind Kind => HostKinds.Find("sockets")!;

    protected override IReadOnlyDictionary<string, string> Options => new Dictionary<string, string>
    {
        ["Agent"] = "vms/{vm}/qga.sock",
        ["Monitor"] = "vms/{vm}/qmp.sock",
        ["Hold"] = Hold,
    };

    protected override IReadOnlyList<string> Needed => ["Agent"];

    protected override bool IsDescribed => false;

    protected virtual string Hold => "exclusive";
}

public sealed class SharedSocketsConform : SocketsKindConforms
{
    protected override string Hold => "per-command";
}

public class LibvirtKindConforms : HostKindSuite
{
    protected virtual string CutBy => "backup";

    private FakeLibvirtd Daemon { get; set; } = null!;

    protected override IHostKind Kind => HostKinds.Find("libvirt")!;

    protected override IReadOnlyDictionary<string, string> Options => new Dictionary<string, string>
    {
        ["Uri"] = "qemu:///system",
        ["Cut"] = CutBy,
    };

    protected override IReadOnlyList<string> Needed => [];

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Daemon = new FakeLibvirtd(Path.Combine(Root, "run/libvirt"));
        Daemon.Add(new FakeDomain(Vm, Root));
    }

    public override async Task DisposeAsync()
    {
        await Daemon.DisposeAsync();
        await base.DisposeAsync();
    }
}

public sealed class LibvirtByMonitorConforms : LibvirtKindConforms
{
    protected override string CutBy => "monitor";
}

public sealed class ProxmoxKindConforms : HostKindSuite
{
    protected override IHostKind Kind => HostKinds.Find("proxmox")!;

    protected override IReadOnlyDictionary<string, string> Options => new Dictionary<string, string>
    {
        ["Config"] = "etc/pve",
        ["Sockets"] = "run/qemu-server",
        ["Lock"] = "true",
    };

    protected override IReadOnlyList<string> Needed => [];

    protected override string Named => "100";

    protected override void Arrange()
    {
        var host = new FakeProxmox(Root);
        host.Write(100, "name: db\n");
        host.Start(100, Vm);
    }
}

/// <summary>What it takes to add a kind: its folder, and a line.</summary>
public sealed class ToyKindConforms : HostKindSuite
{
    protected override IHostKind Kind { get; } = new ToyKind();

    protected override IReadOnlyDictionary<string, string> Options => new Dictionary<string, string> { ["Directory"] = "vms" };

    protected override IReadOnlyList<string> Needed => ["Directory"];
}

public sealed class HostKindsTests : IDisposable
{
    private readonly TempLedger _ledger = new();

    public void Dispose() => _ledger.Dispose();

    [Fact]
    public async Task An_entry_with_a_way_that_is_unknown_here_is_told_as_such_and_stays()
    {
        var entry = TempLedger.Entry() with { Through = new ThawWay("toy", "/vms/db1") };
        _ledger.Ledger.Write(entry);
        var read = _ledger.Ledger.Read(entry.Vm)!;
        Assert.Equal(entry.Through, read.Through);

        await using var agent = HostKinds.Agent(read.Address, TimeProvider.System, new Random(1));
        var failed = Assert.IsType<ThawOutcome.NotSettled>(await new Settlement(TimeProvider.System).RoundAsync(agent));

        Assert.Contains("no way through \"toy\"", failed.Reason, StringComparison.Ordinal);
        Assert.Single(_ledger.Ledger.ReadAll().Open);
    }

    [Fact]
    public void An_unknown_kind_is_none_and_no_other_takes_its_place()
    {
        Assert.Null(HostKinds.Find("vmware"));
        Assert.Equal(HostKinds.Names.Distinct(), HostKinds.Names);
    }
}
