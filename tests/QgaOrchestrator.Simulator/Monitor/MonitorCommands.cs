using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>QMP's commands, with the texts of QEMU 7.2.22; those on the block graph are in <see cref="BlockCommands"/>.</summary>
internal sealed class MonitorCommands(SimulatedVm vm)
{
    private static readonly string[] _all =
    [
        "qmp_capabilities",
        "query-status",
        "query-uuid",
        "query-name",
        "query-version",
        "query-chardev",
        "query-pci",
        "query-migrate",
        "query-commands",
        "query-current-machine",
        "qom-get",
        "stop",
        "cont",
        "system_reset",
        "system_wakeup",
        "quit",
        .. BlockCommands.Names,
    ];

    private readonly BlockCommands _block = new(vm);

    public JsonNode Execute(Request request, Client by)
    {
        var (command, arguments) = (request.Command, request.Arguments);
        if (!_all.Contains(command)) throw QemuException.NoSuchCommand(command);
        if (BlockCommands.Names.Contains(command)) return _block.Execute(command, arguments, by);
        if (command == "qom-get") return QomGet(arguments.Allow("path", "property"));
        arguments.Allow();
        return command switch
        {
            "query-status" => new JsonObject { ["status"] = vm.Status, ["singlestep"] = false, ["running"] = vm.IsRunning },
            "query-uuid" => new JsonObject { ["UUID"] = vm.Uuid.ToString() },
            "query-name" => new JsonObject { ["name"] = vm.Name },
            "query-version" => MonitorFacts.Version(),
            "query-chardev" => MonitorFacts.Chardevs(vm),
            "query-pci" => MonitorFacts.Pci(vm),
            "query-migrate" => vm.Migration is { } status ? new JsonObject { ["status"] = status } : [],
            "query-current-machine" => new JsonObject { ["wakeup-suspend-support"] = vm.CanWake },
            "query-commands" => new JsonArray([.. _all.Select(name => (JsonNode)new JsonObject { ["name"] = name })]),
            "stop" => Done(vm.Pause),
            "cont" => Done(vm.Resume),
            "system_reset" => Done(() => vm.Reset()),
            "system_wakeup" => Done(vm.Wake),
            "quit" => Done(() => _ = Task.Run(vm.End)),
            _ => throw QemuException.NoSuchCommand(command),
        };
    }

    private JsonNode QomGet(Arguments arguments)
    {
        var (path, property) = (arguments.Text("path"), arguments.Text("property"));
        var device = path.EndsWith("/virtio-backend", StringComparison.Ordinal) ? path[..^"/virtio-backend".Length] : path;
        var disk = vm.Disks.FirstOrDefault(disk => device == "/machine/peripheral/" + disk.QdevId)
            ?? throw new QemuException($"Device '{path}' not found", "DeviceNotFound");
        return property switch
        {
            "serial" => disk.Serial,
            "drive" => disk.Node,
            "addr" => disk.Slot * 8,
            "legacy-addr" => $"{disk.Slot:x2}.0",
            "type" => device == path ? "virtio-blk-pci" : "virtio-blk-device",
            _ =>
                throw new QemuException(
                    $"Property '{(device == path ? "virtio-blk-pci" : "virtio-blk-device")}.{property}' not found"),
        };
    }

    private static JsonObject Done(Action action)
    {
        action();
        return [];
    }
}
