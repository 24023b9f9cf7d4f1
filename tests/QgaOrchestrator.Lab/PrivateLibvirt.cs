using System.Diagnostics;
using System.Globalization;

namespace QgaOrchestrator.Lab;

/// <summary>
/// A real libvirtd with domains of its own, in a mount namespace of its own: the machine's libvirt, if it has one, is neither
/// seen nor changed. Programs that are to see it are started through <see cref="Enter"/>.
/// </summary>
public sealed class PrivateLibvirt : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly Guest _guest;
    private readonly Process _keeper;
    private readonly List<LibvirtVm> _vms = [];
    private Process? _daemon;

    private PrivateLibvirt(string folder, Guest guest, Process keeper) => (_folder, _guest, _keeper) = (folder, guest, keeper);

    /// <summary>Why this machine cannot run it; null if it can.</summary>
    public static string? Missing => Tool.Which("libvirtd") is null || Tool.Which("virsh") is null
        ? "no libvirt here: apt-get install --no-install-recommends libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients"
        : Environment.UserName != "root" ? "a mount namespace takes root" : LabHost.Missing;

    /// <summary>What a command is put behind to run where this libvirt is. Root and directory are named, too: to enter a mount
    /// namespace leads to its own root, and so out of a chroot, where libvirtd would be the host's.</summary>
    public string[] Enter => ["nsenter", "-m", "-r", "-w", "-t", _keeper.Id.ToString(CultureInfo.InvariantCulture)];

    public int DaemonPid => _daemon!.Id;

    public static async Task<PrivateLibvirt> StartAsync(string folder)
    {
        folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(folder);
        var guest = await Guest.EnsureBusesAsync();
        var keeper = Process.Start(
            "unshare",
            ["-m", "--propagation", "unchanged", "bash", Path.Combine(AppContext.BaseDirectory, "private-libvirt.sh"), folder]);
        var libvirt = new PrivateLibvirt(folder, guest, keeper);
        await Poll.UntilAsync("mount namespace", Limit, () => keeper.HasExited
            ? throw new LabException($"no mount namespace: private-libvirt.sh ended with {keeper.ExitCode}")
            : File.Exists(Path.Combine(folder, "ready")));
        await libvirt.StartDaemonAsync();
        return libvirt;
    }

    /// <summary>Starts libvirtd, for the first time or after it was killed, until it answers.</summary>
    public async Task StartDaemonAsync()
    {
        LaunchDaemon();
        await Poll.ForAsync("answer of libvirtd", Limit, async () =>
            (await TryVirshAsync("list")).ExitCode == 0 ? "yes" : null, () => File.ReadAllText(DaemonLog));
    }

    /// <summary>The same without waiting.</summary>
    public void LaunchDaemon() => _daemon = Process.Start(
        "/bin/sh",
        ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", DaemonLog, .. Enter, "libvirtd",
            "-f", "/etc/libvirt/libvirtd.conf", "-p", "/run/libvirt/libvirtd.pid"]);

    public async Task KillDaemonAsync()
    {
        HostProcess.Signal(DaemonPid, HostProcess.SigKill);
        await _daemon!.WaitForExitAsync();
    }

    /// <summary>As a service manager restarts it: it ends by itself.</summary>
    public async Task RestartDaemonAsync()
    {
        HostProcess.Signal(DaemonPid, HostProcess.SigTerm);
        await _daemon!.WaitForExitAsync();
        await StartDaemonAsync();
    }

    /// <summary>A running domain whose agent answers and whose guest writes.</summary>
    public async Task<LibvirtVm> StartVmAsync(string name)
    {
        var vm = LibvirtVm.Create(_guest, Path.Combine(_folder, "vms", name), name);
        _vms.Add(vm);
        await VirshAsync("define", vm.XmlFile);
        await VirshAsync("start", name);
        await Poll.ForAsync($"agent of {name}", Limit, async () =>
            (await TryVirshAsync("qemu-agent-command", name, """{"execute":"guest-ping"}""")).ExitCode == 0 ? "yes" : null,
            () => File.ReadAllText(vm.ConsoleFile));
        await Poll.UntilAsync("record", Limit, () => vm.Synced.Latest is { Data: > 0, Data2: > 0 });
        return vm;
    }

    /// <exception cref="LabException">It failed.</exception>
    public Task<string> VirshAsync(params IEnumerable<string> arguments) =>
        Tool.MustAsync(Enter[0], [.. Enter[1..], "virsh", "-q", "-c", "qemu:///system", .. arguments]);

    public Task<ToolResult> TryVirshAsync(params IEnumerable<string> arguments) =>
        Tool.RunAsync(Enter[0], [.. Enter[1..], "virsh", "-q", "-c", "qemu:///system", .. arguments]);

    public async ValueTask DisposeAsync()
    {
        if (_daemon is { HasExited: false })
        {
            HostProcess.Signal(DaemonPid, HostProcess.SigCont);
            await KillDaemonAsync();
        }
        foreach (var vm in _vms)
            if (PidOf(vm.Name) is { } pid)
                HostProcess.Signal(pid, HostProcess.SigKill);
        _keeper.Kill();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
        _daemon?.Dispose();
    }

    /// <summary>QEMU's process; null: it has ended.</summary>
    public int? PidOf(string name)
    {
        var file = Path.Combine(_folder, "run/qemu", name + ".pid");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var pid)
            && HostProcess.IsAlive(pid, name) ? pid : null;
    }

    private string DaemonLog => Path.Combine(_folder, "libvirtd.log");
}
