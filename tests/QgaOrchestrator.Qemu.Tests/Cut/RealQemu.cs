using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Qemu.Tests.Cut;

/// <summary>
/// A real QEMU without a guest: its block layer needs none. Tests look at it through a second monitor, on its standard
/// streams, which knows nothing of our own code.
/// </summary>
internal sealed class RealQemu : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Process _process;
    private int _point;

    private RealQemu(int disks, long size, Func<TemporaryDirectory, string[]>? more)
    {
        Disks = [.. Enumerable.Range(0, disks).Select(i => _directory[$"disk{i}.qcow2"])];
        foreach (var disk in Disks)
        {
            Run("qemu-img", "create", "-q", "-f", "qcow2", disk, size.ToString(CultureInfo.InvariantCulture));
            Run("qemu-io", "-c", $"write -q -P {disk[^7]} 64k 1M", "-c", "write -q -P 7 3M 100k", disk);
        }

        List<string> arguments =
        [
            "-machine",
            "pc",
            "-accel",
            "tcg",
            "-m",
            "16",
            "-nodefaults",
            "-display",
            "none",
            "-no-user-config",
            "-qmp",
            $"unix:{MonitorPath},server=on,wait=off",
            "-qmp",
            "stdio",
        ];
        for (var i = 0; i < disks; i++)
            arguments.AddRange(["-blockdev", $"driver=qcow2,node-name=disk{i},file.driver=file,file.filename={Disks[i]}",
                "-device", $"virtio-blk-pci,drive=disk{i},id=vd{i},serial=data-{i}"]);
        arguments.AddRange(more?.Invoke(_directory) ?? []);
        _process = Process.Start(new ProcessStartInfo("qemu-system-x86_64", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    public IReadOnlyList<string> Disks { get; }

    public string MonitorPath => _directory["qmp.sock"];

    public int Pid => _process.Id;

    /// <summary>Why there is none; a missing QEMU is a failure in CI.</summary>
    /// <param name="more">Arguments besides; it may make files in the directory.</param>
    public static async Task<RealQemu> StartAsync(
        int disks = 2, long size = 8 << 20, Func<TemporaryDirectory, string[]>? more = null)
    {
        var missing = new[] { "qemu-system-x86_64", "qemu-img", "qemu-io" }.Where(tool => !IsInstalled(tool)).ToList();
        if (Environment.GetEnvironmentVariable("CI") is not ("true" or "1"))
            Skip.If(missing.Count > 0, $"not installed: {string.Join(", ", missing)}");
        Assert.Empty(missing);
        var qemu = new RealQemu(disks, size, more);
        try
        {
            // The greeting is QEMU's last step of starting: all sockets listen by then.
            Assert.Contains("QMP", await qemu._process.StandardOutput.ReadLineAsync());
            await qemu.AskAsync("qmp_capabilities");
            return qemu;
        }
        catch
        {
            await qemu.DisposeAsync();
            throw;
        }
    }

    /// <summary>An empty directory of its own for one point.</summary>
    public string NewPoint() => Directory.CreateDirectory(_directory[$"point{++_point}"]).FullName;

    public async Task<SocketMonitor> OpenAsync()
    {
        var monitor = new SocketMonitor(MonitorPath, TimeProvider.System);
        Assert.IsType<MonitorOpenOutcome.Ready>(await monitor.OpenAsync(TimeSpan.FromSeconds(30)));
        return monitor;
    }

    /// <summary>The block graph and the jobs, as text that can be compared.</summary>
    public async Task<string> GraphAsync()
    {
        var nodes = await AskAsync("query-named-block-nodes");
        var names = nodes.EnumerateArray().Select(
            node => $"{node.GetProperty("node-name")} {node.GetProperty("drv")} {node.GetProperty("file")}");
        return string.Join('\n', names.Order(StringComparer.Ordinal)) + "\njobs " + (await AskAsync("query-jobs")).GetRawText();
    }

    /// <summary>Writes 64 KiB of one byte as the guest would: through the device, whatever layer it stands on.</summary>
    /// <remarks>QEMU 7.2 may never return from it while a job begins or copies: its own loop and the job's pause wait for each
    /// other. So it waits for the jobs first.</remarks>
    public async Task WriteAsync(int disk, int pattern, string offset)
    {
        while ((await AskAsync("query-jobs")).EnumerateArray()
            .Any(job => job.GetProperty("status").GetString() is not ("ready" or "concluded"))) ;
        await IoAsync(disk, $"write -P {pattern} {offset} 64k");
        // Flushed, or a reader of the file would not see what QEMU's own cache holds.
        await IoAsync(disk, "flush");
    }

    /// <summary>What the guest would read: 64 KiB of one byte.</summary>
    public Task AssertReadsAsync(int disk, int pattern, string offset) => IoAsync(disk, $"read -P {pattern} {offset} 64k");

    private async Task IoAsync(int disk, string command)
    {
        var said = await AskAsync("human-monitor-command", $$"""
            {"command-line": "qemu-io -d /machine/peripheral/vd{{disk}}/virtio-backend \"{{command}}\""}
            """);
        Assert.DoesNotContain("rror", said.GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("failed", said.GetString(), StringComparison.Ordinal);
    }

    public static void AssertHolds(string image, int pattern, string offset) =>
        Run("qemu-io", "-r", "-U", "-f", "qcow2", "-c", $"read -P {pattern} {offset} 64k", image);

    /// <summary>The value of "return"; throws when QEMU answers with an error, or ends.</summary>
    public async Task<JsonElement> AskAsync(string command, string arguments = "{}")
    {
        await _process.StandardInput.WriteLineAsync($$"""{"execute": "{{command}}", "arguments": {{arguments.Trim()}}}""");
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            // A command for people (qemu-io) prints to standard output as well.
            if (!line.StartsWith('{')) continue;
            var reply = JsonDocument.Parse(line).RootElement;
            if (reply.TryGetProperty("return", out var value)) return value;
            if (reply.TryGetProperty("error", out var error))
                throw new InvalidOperationException($"{command}: {error.GetRawText()}");
        }

        throw new InvalidOperationException("QEMU is gone");
    }

    /// <summary>Whether an image holds what the disk holds: QEMU still has the disk open, so its lock is ignored.</summary>
    public void AssertSame(int disk, string image) =>
        Run("qemu-img", "compare", "-U", "-f", "qcow2", "-F", "qcow2", Disks[disk], image);

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _directory.Dispose();
    }

    private static bool IsInstalled(string tool) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(directory => File.Exists(Path.Combine(directory, tool)));

    internal static void Run(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardOutput = true })!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{tool} {string.Join(' ', arguments)}: {said}");
    }
}
