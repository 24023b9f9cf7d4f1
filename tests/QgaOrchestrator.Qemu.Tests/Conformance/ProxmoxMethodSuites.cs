using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Conformance;

/// <summary>The cut methods on a Proxmox host: after each of their tests nothing locks the VM.</summary>
public abstract class ProxmoxMethodSuite : CutMethodSuite
{
    private readonly TemporaryDirectory _root = new();
    private readonly FakeProxmox _proxmox;

    protected ProxmoxMethodSuite()
    {
        _proxmox = new FakeProxmox(_root.Path);
        _proxmox.Write(100, "name: db\n");
    }

    protected override ICutMethod Method => HostKinds.Find("proxmox")!.Method(MethodName);

    protected abstract string MethodName { get; }

    protected override VmAddress Address =>
        new ProxmoxVm(100, new ProxmoxSite(_proxmox.Config, _proxmox.Sockets, TakesLock: true, _proxmox.Root));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Assert.Null(_proxmox.LockOf(100));
        _root.Dispose();
    }
}

public sealed class FullOnProxmoxConforms : ProxmoxMethodSuite
{
    protected override string MethodName => "full";
}

public sealed class SnapshotOnProxmoxConforms : ProxmoxMethodSuite
{
    protected override string MethodName => "snapshot";
}

public sealed class HookOnProxmoxConforms : ProxmoxMethodSuite
{
    public HookOnProxmoxConforms() => Lab.AddHook("files");

    protected override string MethodName => "hook";

    protected override IReadOnlyDictionary<string, string> Own { get; } = new Dictionary<string, string> { ["hook"] = "files" };
}
