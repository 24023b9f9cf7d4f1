using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>What the monitor reports: members and their order as QEMU 7.2.22 printed them.</summary>
internal static class MonitorFacts
{
    public static JsonObject Version() => new()
    {
        ["qemu"] = new JsonObject { ["micro"] = 22, ["minor"] = 2, ["major"] = 7 },
        ["package"] = "Debian 1:7.2+dfsg-7+deb12u18+b3",
    };

    public static JsonArray Chardevs(SimulatedVm vm) => new(
        new JsonObject { ["frontend-open"] = true, ["filename"] = $"unix:{vm.MonitorPath},server=on", ["label"] = "mon0" },
        new JsonObject
        {
            ["frontend-open"] = vm.Agent.IsRunning,
            ["filename"] = $"{(vm.Agent.HasClient ? "" : "disconnected:")}unix:{vm.AgentPath},server=on",
            ["label"] = "qga0",
        });

    public static JsonArray Blocks(SimulatedVm vm) => new([.. vm.Disks.Select(disk => (JsonNode)new JsonObject
    {
        ["io-status"] = "ok",
        ["device"] = "",
        ["locked"] = false,
        ["removable"] = false,
        ["inserted"] = Node(Top(vm.Blocks.Root(disk)), nested: true),
        ["qdev"] = disk.Qdev,
        ["type"] = "unknown",
    })]);

    public static JsonObject Node(BlockNode node, bool nested)
    {
        var told = new JsonObject
        {
            ["iops_rd"] = 0,
            ["detect_zeroes"] = "off",
            ["image"] = Image(node, nested),
            ["iops_wr"] = 0,
            ["ro"] = false,
            ["node-name"] = node.Name,
            ["backing_file_depth"] = node.Driver == "qcow2" ? Depth(node) : 0,
            ["drv"] = node.Driver,
            ["iops"] = 0,
            ["bps_wr"] = 0,
            ["write_threshold"] = 0,
        };
        if (Below(node) is { } backing) told["backing_file"] = backing.File;
        told["encrypted"] = false;
        told["bps"] = 0;
        told["bps_rd"] = 0;
        told["cache"] = new JsonObject { ["no-flush"] = false, ["direct"] = false, ["writeback"] = true };
        told["file"] = node.File;
        return told;
    }

    public static JsonObject Job(BlockJob job)
    {
        var isCreate = job.Type == "create";
        var told = new JsonObject
        {
            ["current-progress"] = isCreate ? (job.HasEnded ? 1 : 0) : job.Offset,
            ["status"] = job.Status,
            ["total-progress"] = isCreate ? 1 : job.Length,
            ["type"] = job.Type,
            ["id"] = job.Id,
        };
        if (job.Error is not null) told["error"] = job.Error;
        return told;
    }

    public static JsonObject BlockJob(BlockJob job)
    {
        var told = new JsonObject
        {
            ["auto-finalize"] = job.AutoFinalize,
            ["io-status"] = "ok",
            ["device"] = job.Id,
            ["auto-dismiss"] = job.AutoDismiss,
            ["busy"] = false,
            ["len"] = job.Length,
            ["offset"] = job.Offset,
            ["status"] = job.Status,
            ["paused"] = false,
            ["speed"] = job.Speed,
            ["ready"] = job.Status == "ready",
            ["type"] = job.Type,
        };
        if (job.Error is not null) told["error"] = job.Error;
        return told;
    }

    public static JsonArray Pci(SimulatedVm vm) => new(new JsonObject
    {
        ["bus"] = 0,
        ["devices"] = new JsonArray(
        [
            Device("", 0, 1536, "Host bridge", 0x8086, 4663),
            Device("", 1, 1537, "ISA bridge", 0x8086, 28672),
            Device("vs0", 3, 1920, null, 0x1AF4, 4099),
            .. vm.Disks.Select(disk => Device(disk.QdevId, disk.Slot, 256, "SCSI controller", 0x1AF4, 4097)),
        ]),
    });

    private static JsonObject Device(string qdev, int slot, int type, string? description, int vendor, int device)
    {
        var told = new JsonObject { ["class"] = type };
        if (description is not null) told["desc"] = description;
        return new JsonObject
        {
            ["irq_pin"] = 0,
            ["bus"] = 0,
            ["qdev_id"] = qdev,
            ["slot"] = slot,
            ["class_info"] = told,
            ["id"] = new JsonObject { ["device"] = device, ["subsystem-vendor"] = 6900, ["vendor"] = vendor, ["subsystem"] = 2 },
            ["function"] = 0,
            ["regions"] = new JsonArray(),
        };
    }

    private static JsonObject Image(BlockNode node, bool nested)
    {
        var image = new JsonObject();
        var below = Below(node);
        if (nested && node.Backing is { } under) image["backing-image"] = Image(under, nested: true);
        if (below is not null) image["backing-filename-format"] = below.Driver;
        image["virtual-size"] = node.Size;
        image["filename"] = node.File;
        var isQcow2 = node.Driver == "qcow2";
        if (isQcow2) image["cluster-size"] = 65536;
        image["format"] = node.Driver;
        image["actual-size"] = 200704;
        if (isQcow2)
        {
            image["format-specific"] = new JsonObject
            {
                ["type"] = "qcow2",
                ["data"] = new JsonObject
                {
                    ["compat"] = "1.1",
                    ["compression-type"] = "zlib",
                    ["lazy-refcounts"] = false,
                    ["refcount-bits"] = 16,
                    ["corrupt"] = false,
                    ["extended-l2"] = false,
                },
            };
        }
        if (below is not null)
        {
            image["full-backing-filename"] = below.File;
            image["backing-filename"] = below.File;
        }
        image["dirty-flag"] = false;
        return image;
    }

    // While a backup runs, its filter stands on top of the disk's root, under a name of QEMU's own.
    private static BlockNode Top(BlockNode root) => root.Job?.Filter ?? root;

    // The filter of a backup job has its source below it, yet names no backing file.
    private static BlockNode? Below(BlockNode node) => node.Driver == "copy-before-write" ? null : node.Backing;

    private static int Depth(BlockNode node) => node.Backing is { } below ? 1 + Depth(below) : 0;
}
