using QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Sockets;

/// <summary>Sockets that Proxmox's own tools need. A file stands for a socket.</summary>
public sealed class ProxmoxHostTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    [Theory]
    [InlineData("run/qemu-server/{vm}.qga", true)]
    [InlineData("var/run/qemu-server/{vm}.qga", true)]
    [InlineData("srv/vms/{vm}.qga", true)]
    [InlineData("run/{vm}/100.qga", true)]
    [InlineData("run/qemu-{vm}/100.qga", true)]
    [InlineData("run/qemu-server-of-mine/{vm}.qga", false)]
    [InlineData("run/vms/{vm}.qga", false)]
    public void On_a_Proxmox_host_its_sockets_are_not_held(string pattern, bool refused)
    {
        Make("etc/pve/storage.cfg", "run/qemu-server/100.qga", "var/x", "srv/x");
        Directory.CreateSymbolicLink(At("var/run"), At("run"));
        Directory.CreateSymbolicLink(At("srv/vms"), At("run/qemu-server"));
        var proxmox = new ProxmoxHost(_directory.Path);

        var objection = proxmox.Objection(SocketHold.Exclusive, At(pattern));

        Assert.Equal(refused, objection is not null);
        if (objection is not null) Assert.Contains("without freezing", objection.Reason, StringComparison.Ordinal);
        Assert.Null(proxmox.Objection(SocketHold.PerCommand, At(pattern)));
        Assert.Null(new ProxmoxHost(At("srv")).Objection(SocketHold.Exclusive, At(pattern)));
    }

    public void Dispose() => _directory.Dispose();

    private string At(string path) => _directory[path];

    private void Make(params string[] files)
    {
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(file))!);
            File.WriteAllText(At(file), "");
        }
    }
}
