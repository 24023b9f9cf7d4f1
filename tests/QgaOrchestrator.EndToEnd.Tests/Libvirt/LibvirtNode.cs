using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Libvirt;

/// <summary>A real libvirtd with one emulated guest, and a node of kind libvirt beside it: started by the first test that asks
/// for it. A test that ends one of them starts it again. They measure for how long a guest is frozen, so nothing runs beside
/// them.</summary>
[CollectionDefinition(nameof(LibvirtNode))]
public sealed class LibvirtNode : IAsyncLifetime, ICollectionFixture<LibvirtNode>
{
    private readonly string _folder = Directory.CreateTempSubdirectory("qga-libvirt-").FullName;

    internal PrivateLibvirt Libvirt { get; private set; } = null!;

    internal LibvirtVm Vm { get; private set; } = null!;

    internal NodeProcess Node { get; private set; } = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Skips the test with the reason where this machine has no libvirt; in CI that is a failure.</summary>
    public async Task ReadyAsync()
    {
        if (PrivateLibvirt.Missing is { } missing)
        {
            Skip.IfNot(LabHost.MustWork, missing);
            throw new LabException(missing);
        }
        Skip.IfNot((await Tool.RunAsync("unshare", "-m", "--propagation", "unchanged", "true")).ExitCode == 0,
            "no mount namespace can be made here, and a libvirtd of the tests' own needs one");
        if (Libvirt is null)
        {
            Libvirt = await PrivateLibvirt.StartAsync(Path.Combine(_folder, "libvirt"));
            Vm = await Libvirt.StartVmAsync("lv1");
            Node = await NodeProcess.StartAsync(
                Path.Combine(_folder, "node"), "", [], null, new { Kind = "libvirt", Uri = "qemu:///system" }, Libvirt.Enter);
        }
        if (Node.HasEnded) await Node.StartAgainAsync();
        await Node.WaitForVmsAsync(1);
        // The domain of a test before may be gone for less than a look.
        await Poll.ForAsync("one VM", TimeSpan.FromSeconds(60), async () =>
            (await Node.AskAsync("vm", "list"))["items"]!.AsArray().Count == 1 ? "yes" : null);
        await Poll.ForAsync("running VM", TimeSpan.FromSeconds(60), async () =>
            (string?)(await Node.AskAsync("vm", "show", Vm.Name))["monitor"]!["state"] == "running" ? "yes" : null);
    }

    public async Task DisposeAsync()
    {
        if (Node is not null)
        {
            var watchdog = Node.Watchdog;
            await Node.DisposeAsync();
            if (watchdog is { } pid) HostProcess.Signal(pid, HostProcess.SigKill);
        }
        if (Libvirt is not null) await Libvirt.DisposeAsync();
        if (Environment.GetEnvironmentVariable("QGA_LAB_KEEP") != "1") Directory.Delete(_folder, recursive: true);
    }
}
