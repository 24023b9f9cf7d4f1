using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Libvirt;

/// <summary>A domain from its point alone: images and description.</summary>
[Collection(nameof(LibvirtNode))]
public sealed class LibvirtRestoreTests(LibvirtNode host)
{
    private const string Copy = "lv1-copy";

    [SkippableFact]
    public async Task A_domain_of_its_own_is_defined_of_a_point_and_starts_and_none_is_replaced()
    {
        await host.ReadyAsync();
        var run = await host.Node.WaitForRunAsync(await host.Node.StartBackupAsync());
        Assert.True(run.State == "succeeded", File.ReadAllText(Path.Combine(host.Node.Folder, "qgad.log")));
        var point = (await host.Node.AskAsync("point", "list"))["items"]!.AsArray()
            .Single(point => (string?)point!["run"] == run.Id)!;
        Assert.Equal("libvirt", (string?)point["machine"]!["kind"]);
        Assert.Equal(["vda", "sda"], point["machine"]!["disks"]!.AsArray().Select(disk => (string)disk!));

        var to = Path.Combine(host.Node.Folder, "restored", Copy);
        var refused = await RestoreAsync(point, to, host.Vm.Name);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"libvirt has a domain {host.Vm.Name} already", refused.Error, StringComparison.Ordinal);
        refused = await RestoreAsync(point, to, Copy, "--same");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("libvirt has a domain with the UUID", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(to));

        var made = await RestoreAsync(point, to, Copy);
        Assert.True(made.ExitCode == 0, made.Output + made.Error);
        Assert.Contains($"virsh start {Copy}", made.Output, StringComparison.Ordinal);
        try
        {
            Assert.Equal("shut off", (await host.Libvirt.VirshAsync("domstate", Copy)).Trim());
            Assert.NotEqual(
                await host.Libvirt.VirshAsync("domuuid", host.Vm.Name), await host.Libvirt.VirshAsync("domuuid", Copy));
            await host.Libvirt.VirshAsync("start", "--paused", Copy);
            Assert.Contains(
                Path.Combine(to, $"{host.Vm.Name}-disk1.qcow2"), await host.Libvirt.VirshAsync("domblklist", Copy),
                StringComparison.Ordinal);
            await host.Libvirt.VirshAsync("destroy", Copy);
        }
        finally
        {
            await host.Libvirt.VirshAsync("undefine", Copy);
        }
    }

    /// <summary>Where this libvirt is.</summary>
    private Task<ToolResult> RestoreAsync(
        System.Text.Json.Nodes.JsonNode point, string to, string name, params string[] more) => Tool.RunAsync(
        host.Libvirt.Enter[0],
        [
            .. host.Libvirt.Enter[1..], Programs.Ctl, "--config", host.Node.Config, "point", "restore", (string)point["id"]!,
            "--to", to, "--define", name, .. more,
        ]);
}
