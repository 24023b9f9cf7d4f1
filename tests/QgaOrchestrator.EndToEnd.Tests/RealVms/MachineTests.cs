using System.Globalization;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>A VM of plain QEMU from its point alone: images and command line.</summary>
[Collection(nameof(RealVmTests))]
public sealed class MachineTests(RealVmTests shared)
{
    private const string Needle = "N33dl3-of-the-host";

    [SkippableFact]
    public async Task QEMU_starts_a_restored_VM_with_the_command_line_of_its_point_which_has_no_secret()
    {
        await using var lab = await RealVmLab.OpenAsync();
        var vm = await lab.StartAsync("kept1", "-object", $"secret,id=sec0,data={Needle}");
        await using var shown = await shared.ShowAsync(vm);
        await shown.Node.WaitForVmsAsync(1);
        await shown.Node.WaitForRunAsync(await shown.Node.StartBackupAsync());
        var point = (await shown.Node.AskAsync("point", "list"))["items"]!.AsArray().Last(point => point!.IsOf(vm))!;
        var directory = (string)point["directory"]!;
        Assert.Equal("sockets", (string?)point["machine"]!["kind"]);
        Assert.Equal("data of -object sec0", (string?)point["machine"]!["redacted"]!.AsArray().Single());
        var kept = Path.Combine(directory, "machine", "cmdline.json");
        Assert.DoesNotContain(Needle, await File.ReadAllTextAsync(kept), StringComparison.Ordinal);
        Assert.Equal(0, (await shown.Node.CtlAsync("point", "verify", directory)).ExitCode);

        var to = Path.Combine(lab.Folder, "restored");
        var restored = await shown.Node.AskAsync(
            "point", "restore", directory, "--to", to, "--define", "kept2");
        var machine = restored["machine"]!;
        Assert.Equal("kept2", (string?)machine["defined"]);
        Assert.Contains(machine["notes"]!.AsArray(), note => ((string)note!).Contains("REDACTED", StringComparison.Ordinal));
        await StartsAsync(Path.Combine(to, "kept2.sh"), to, vm);

        var again = await shown.Node.CtlAsync("point", "restore", directory, "--to", to, "--define", "kept2");
        Assert.Equal(1, again.ExitCode);
        await File.AppendAllTextAsync(kept, " ");
        var verified = await shown.Node.CtlAsync("point", "verify", (string)point["id"]!);
        Assert.Equal(1, verified.ExitCode);
        Assert.Contains("cmdline.json: it has changed", verified.Output, StringComparison.Ordinal);
        var deleted = await shown.Node.CtlAsync("point", "delete", (string)point["id"]!, "--yes");
        Assert.True(deleted.ExitCode == 0 && !Directory.Exists(directory), deleted.Output + deleted.Error);
    }

    /// <summary>Beside the VM that it was, since nothing of that is its own: it has all disks, and another UUID.</summary>
    private static async Task StartsAsync(string script, string directory, RealVm first)
    {
        // As it is the VM is not secret enough for its host.
        await File.WriteAllTextAsync(
            script, (await File.ReadAllTextAsync(script)).Replace("REDACTED", "bmV3", StringComparison.Ordinal));
        await Tool.MustAsync(script, "-S");
        var pid = int.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "kept2-pid")), CultureInfo.InvariantCulture);
        try
        {
            using var monitor = await LabMonitor.ConnectAsync(Path.Combine(directory, "kept2-lab.sock"));
            Assert.Equal("prelaunch", (string?)(await monitor.CallAsync("query-status"))!["status"]);
            using var other = await LabMonitor.ConnectAsync(first.SecondMonitor);
            Assert.NotEqual(await UuidAsync(other), await UuidAsync(monitor));
            var images = (await monitor.CallAsync("query-block"))!.AsArray()
                .Select(block => (string)block!["inserted"]!["file"]!);
            Assert.Equal(
                [Path.Combine(directory, "kept1-disk0.qcow2"), Path.Combine(directory, "kept1-disk1.qcow2")], images.Order());
        }
        finally
        {
            HostProcess.Signal(pid, HostProcess.SigKill);
        }

        static async Task<string> UuidAsync(LabMonitor monitor) =>
            (string)(await monitor.CallAsync("query-uuid"))!["UUID"]!;
    }
}
