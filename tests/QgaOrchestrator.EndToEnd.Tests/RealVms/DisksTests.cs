using System.Text.Json.Nodes;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>What a point says of disks on many buses of one real VM.</summary>
[Collection(nameof(RealVmTests))]
public sealed class DisksTests(RealVmTests shared) : IDisposable
{
    private const string Name = "buses";

    private readonly string _folder = Directory.CreateTempSubdirectory("qga-buses-").FullName;

    [SkippableFact]
    public async Task A_point_says_filesystem_when_every_writer_froze_and_not_when_one_did_not()
    {
        await using var buses = await BusesVm.BootAsync(_folder, Name);
        using (var agent = await LabAgent.ConnectAsync(buses.Vm.Agent, Guests.Limit))
        {
            // vdc is the vhost-user disk on the root bus, vdd the throttled one behind a root port. The kernel looks for disks beside
            // the agent's start, and names SCSI disks in the order in which it finds them: these are known by their LUN.
            await agent.ShellAsync("""
                at() {
                  lun=$1 part=$2
                  until set -- /sys/bus/scsi/devices/*:$lun/block/sd?; [ -b /dev/${1##*/}$part ]; do sleep 0.1; done
                  echo /dev/${1##*/}$part
                }
                mkdir -p /mnt /efi && cd /mnt && mkdir scsi0 scsi1 scsi2 nvme0n1 nvme0n2 vdc vdd
                mount -t ext4 $(at 0) scsi0 && mount -t ext4 $(at 1 2) scsi1 && mount -t ext4 $(at 3) scsi2 || exit 1
                for disk in nvme0n1 nvme0n2 vdc vdd; do until [ -b /dev/$disk ]; do sleep 0.1; done; done
                for disk in nvme0n1 nvme0n2 vdd; do mount -t ext4 /dev/$disk $disk || exit 1; done
                mount -t vfat -o ro $(at 1 1) /efi
                """);
        }
        await using var shown = await shared.ShowAsync(buses.Vm);
        var node = shown.Node;
        await node.WaitForVmsAsync(1);

        var (point, item) = await BackUpAsync(node);
        Assert.Equal(("filesystem", 8), ((string?)point["class"], point["disks"]!.AsArray().Count));
        Assert.All(point["disks"]!.AsArray(), disk => Assert.Equal("covered", (string?)disk!["covered"]));
        Assert.Null(item["reason"]);
        Assert.Equal(["cd0 empty"], Outside(point));

        // The usual UEFI layout: what is on FAT may be torn.
        await ShellAsync(node, "mount -o remount,rw /efi");
        (point, item) = await BackUpAsync(node);
        Assert.Equal("crash", (string?)point["class"]);
        Assert.Equal(
            ["scsi1"],
            point["disks"]!.AsArray().Where(disk => (string?)disk!["covered"] != "covered").Select(disk => (string?)disk!["node"])
        );
        Assert.Contains("scsi1 is uncovered: /efi (vfat)", (string?)point["proof"]!["note"], StringComparison.Ordinal);
        Assert.Contains("/efi (vfat)", (string?)item["reason"], StringComparison.Ordinal);
        Assert.Contains("/efi (vfat)", await CheckAsync(node), StringComparison.Ordinal);

        // A file system that freezes where QEMU cannot cut it.
        await ShellAsync(node, "umount /efi && mount -t ext4 /dev/vdc /mnt/vdc");
        (point, item) = await BackUpAsync(node);
        Assert.Equal("crash", (string?)point["class"]);
        Assert.Contains("/mnt/vdc (ext4) is on served0", (string?)point["proof"]!["note"], StringComparison.Ordinal);
        Assert.Contains("served0", (string?)item["reason"], StringComparison.Ordinal);
        Assert.Contains("served0", await CheckAsync(node), StringComparison.Ordinal);

        // The owner excludes it, and another disk of QEMU's; sda names no disk of QEMU's.
        shared.WriteFleetFile(
            $$"""{ "Vms": [ { "Name": "{{Name}}", "Labels": { "excludes": "yes" }, "Exclude": ["served0", "scsi2", "sda"] } ] }"""
        );
        await Poll.ForAsync("fleet file", Guests.Limit, async () =>
            (await node.AskAsync("vm", "list", "--select", "excludes=yes"))["items"]!.AsArray().Count == 1 ? "read" : null
        );
        (point, _) = await BackUpAsync(node);
        Assert.Equal(("filesystem", 7), ((string?)point["class"], point["disks"]!.AsArray().Count));
        Assert.Equal(["cd0 empty", "scsi2 excluded", "served0 excluded"], Outside(point));
        var check = await CheckAsync(node);
        Assert.Contains("excludes sda, and this VM has no disk of that name", check, StringComparison.Ordinal);
        Assert.Contains("scsi2 (excluded)", check, StringComparison.Ordinal);
    }

    private static async Task<(JsonNode Point, JsonNode Item)> BackUpAsync(NodeProcess node)
    {
        var run = (string)(await node.AskAsync("backup", "run", "--select", "*", "--detach"))["id"]!;
        await node.WaitForRunAsync(run);
        var item = (await node.AskAsync("run", "show", run))["items"]![0]!;
        Assert.True((string?)item["state"] == "succeeded", item.ToJsonString());
        var points = (await node.AskAsync("point", "list"))["items"]!.AsArray();
        var directory = (string)Assert.Single(points, point => (string?)point!["run"] == run)!["directory"]!;
        return (JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "point.json")))!, item);
    }

    private static async Task<string> CheckAsync(NodeProcess node)
    {
        var run = (string)(await node.AskAsync("backup", "check", "--select", "*", "--detach"))["id"]!;
        await node.WaitForRunAsync(run);
        var item = (await node.AskAsync("run", "show", run))["items"]![0]!;
        Assert.Equal("succeeded", (string?)item["state"]);
        return (string)item["reason"]!;
    }

    private static IEnumerable<string> Outside(JsonNode point) =>
        point["outside"]!.AsArray().Select(disk => $"{disk!["name"]} {disk["why"]}").Order(StringComparer.Ordinal);

    private static async Task ShellAsync(NodeProcess node, string line)
    {
        var ended = await node.CtlAsync("vm", "exec", Name, "--", "/bin/sh", "-c", line);
        Assert.True(ended.ExitCode == 0, ended.Output + ended.Error);
    }

    public void Dispose()
    {
        if (Environment.GetEnvironmentVariable("QGA_LAB_KEEP") != "1") Directory.Delete(_folder, recursive: true);
    }
}
