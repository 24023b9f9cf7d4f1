using System.Globalization;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Lab;

/// <summary>
/// One QEMU process with a real agent in its guest and two disks of its own that the guest keeps writing to. All of it is
/// in one folder: qga.sock, qmp.sock, disk0.qcow2, disk1.qcow2, console.log, synced.log, pid, and the command line.
/// </summary>
public sealed class RealVm : IAsyncDisposable
{
    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(90);

    private readonly string[] _arguments;

    private RealVm(string directory, string[] arguments)
    {
        Directory = directory;
        _arguments = arguments;
    }

    public string Directory { get; }

    public string Name => Path.GetFileName(Directory);

    public string Agent => Path.Combine(Directory, "qga.sock");

    public string Monitor => Path.Combine(Directory, "qmp.sock");

    /// <summary>A second monitor, for a test that acts on the VM while the node holds the first.</summary>
    public string SecondMonitor => Path.Combine(Directory, "lab.sock");

    /// <summary>What the guest said it had on disk, and when it was frozen and thawed.</summary>
    public SyncedLog Synced => new(Path.Combine(Directory, "synced.log"));

    /// <summary>QEMU's process, also of one that another process of the lab started; null while there is none.</summary>
    public int? Pid
    {
        get
        {
            var file = Path.Combine(Directory, "pid");
            return File.Exists(file) && int.TryParse(File.ReadAllText(file), CultureInfo.InvariantCulture, out var pid)
                && HostProcess.IsAlive(pid, Directory) ? pid : null;
        }
    }

    public string Disk(int index) => Path.Combine(Directory, $"disk{index}.qcow2");

    /// <summary>Lays out a VM that does not run yet; a VM that is in the folder is stopped and lost.</summary>
    /// <param name="disks">The disks to copy; null for fresh ones.</param>
    /// <param name="shape">Null: small.</param>
    public static async Task<RealVm> CreateAsync(
        Guest guest,
        Accelerator accelerator,
        string directory,
        string name,
        IReadOnlyList<string>? disks = null,
        VmShape? shape = null
    )
    {
        shape ??= VmShape.Small;
        var arguments = VmCommandLine.For(guest, accelerator, directory, name, Guid.NewGuid(), shape);
        var vm = new RealVm(directory, arguments);
        if (System.IO.Directory.Exists(directory))
        {
            await vm.StopAsync(crash: true);
            System.IO.Directory.Delete(directory, recursive: true);
        }
        System.IO.Directory.CreateDirectory(directory);
        for (var disk = 0; disk < VmCommandLine.Disks; disk++)
            File.Copy(disks?[disk] ?? guest.DiskTemplate, vm.Disk(disk));
        if (shape.Swap > 0)
        {
            using var swap = File.Create(VmCommandLine.SwapFile(directory));
            swap.SetLength(shape.Swap * 1024L * 1024);
        }
        await File.WriteAllLinesAsync(vm.CommandLineFile, arguments);
        return vm;
    }

    /// <summary>A VM that stands in a folder already, running or not.</summary>
    public static RealVm Open(string directory) =>
        new(Path.GetFullPath(directory), File.ReadAllLines(Path.Combine(directory, "command-line")));

    /// <summary>Starts a second QEMU for this VM, in a folder of its own and over the same disks, that waits for it to be moved
    /// there.</summary>
    public async Task<RealVm> AwaitAtAsync(string directory)
    {
        directory = Path.GetFullPath(directory);
        System.IO.Directory.CreateDirectory(directory);
        var copy = new RealVm(directory, [.. _arguments.Select(There)]);
        await File.WriteAllLinesAsync(copy.CommandLineFile, copy._arguments);
        await copy.LaunchAsync(["-incoming", $"unix:{copy.Incoming}"]);
        return copy;

        string There(string argument) => argument.Contains("/disk", StringComparison.Ordinal)
            ? argument
            : argument.Replace($"{Directory}/", $"{directory}/", StringComparison.Ordinal);
    }

    /// <summary>Moves the guest into the QEMU that waits for it. This one keeps running without it.</summary>
    public async Task MoveToAsync(RealVm copy)
    {
        using var monitor = await LabMonitor.ConnectAsync(SecondMonitor);
        await monitor.CallAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 10_000_000_000 });
        await monitor.CallAsync("migrate", new JsonObject { ["uri"] = $"unix:{copy.Incoming}" });
        var status = await Poll.ForAsync("migration", TimeSpan.FromSeconds(60), async () =>
            (string?)(await monitor.CallAsync("query-migrate"))!["status"] is { } now and ("completed" or "failed") ? now : null);
        if (status != "completed") throw new LabException($"QEMU could not move {Name}");
    }

    private string Incoming => Path.Combine(Directory, "incoming.sock");

    /// <summary>Boots from the original command line, for the first time or again, until the agent answers: seconds.</summary>
    public async Task BootAsync()
    {
        await LaunchAsync([]);
        using var agent = await LabAgent.ConnectAsync(Agent, BootLimit);
    }

    /// <summary>The same without waiting: the client that holds the agent's socket sees the agent come.</summary>
    public Task LaunchAsync() => LaunchAsync([]);

    /// <summary>Ends QEMU as its management would (SIGTERM, it closes its disks) or as a crash would (SIGKILL).</summary>
    public async Task StopAsync(bool crash = false)
    {
        if (Pid is not { } pid)
            return;
        HostProcess.Signal(pid, crash ? HostProcess.SigKill : HostProcess.SigTerm);
        await Poll.UntilAsync($"end of QEMU {pid}", TimeSpan.FromSeconds(10), () => !HostProcess.IsAlive(pid));
    }

    public async ValueTask DisposeAsync() => await StopAsync(crash: true);

    internal async Task LaunchAsync(string[] more)
    {
        if (Pid is { } running)
            throw new LabException($"{Name} runs already as {running}");
        File.Delete(ConsoleFile);
        await Tool.MustAsync("qemu-system-x86_64", [.. _arguments, .. more]);
    }

    internal Task WaitForConsoleAsync(string text, TimeSpan limit) =>
        Poll.UntilAsync(
            text, limit, () => File.ReadAllText(ConsoleFile).Contains(text, StringComparison.Ordinal), () => Tail(ConsoleFile));

    /// <summary>Loads a template's memory instead of booting; until the agent answers: below a second.</summary>
    internal async Task ResumeAsync(string state)
    {
        await LaunchAsync(["-incoming", $"exec:cat '{state}'"]);
        using (var monitor = await LabMonitor.ConnectAsync(Monitor))
        {
            await Poll.ForAsync($"memory of {Name}", BootLimit, async () =>
                (string?)(await monitor.CallAsync("query-status"))!["status"] == "inmigrate" ? null : "loaded");
            await monitor.CallAsync("cont");
        }
        using var agent = await LabAgent.ConnectAsync(Agent, BootLimit);
        var now = TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch;
        await agent.CallAsync("guest-set-time", new JsonObject { ["time"] = (long)now.TotalMicroseconds * 1000 });
        await agent.ShellAsync($"hostname {Name}");
    }

    private string ConsoleFile => Path.Combine(Directory, "console.log");

    private string CommandLineFile => Path.Combine(Directory, "command-line");

    private static string Tail(string file)
    {
        var text = File.Exists(file) ? File.ReadAllText(file) : "";
        return text[Math.Max(0, text.Length - 800)..];
    }
}
