using System.Text.Json;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>QMP's commands on nodes and jobs. Each runs under the graph's lock, as QEMU runs them in its main loop.</summary>
internal sealed class BlockCommands(SimulatedVm vm)
{
    public static readonly string[] Names =
    [
        "query-block", "query-named-block-nodes", "query-jobs", "query-block-jobs", "blockdev-create", "blockdev-add",
        "blockdev-del", "blockdev-backup", "transaction", "block-commit", "job-cancel", "job-dismiss", "job-finalize",
        "job-complete", "block-job-set-speed", "block-job-cancel",
    ];

    private readonly TransactionCommand _transaction = new(vm);

    public JsonNode Execute(string command, Arguments arguments, Client by)
    {
        lock (vm.Blocks.Sync)
        {
            return command switch
            {
                "query-block" => List(arguments.Allow(), MonitorFacts.Blocks(vm)),
                "query-named-block-nodes" => Nodes(arguments.Allow("flat")),
                "query-jobs" => List(arguments.Allow(), new JsonArray([.. vm.Jobs.All.Select(MonitorFacts.Job)])),
                "query-block-jobs" => List(arguments.Allow(), new JsonArray(
                    [.. vm.Jobs.All.Where(job => job.Type != "create").Select(MonitorFacts.BlockJob)])),
                "blockdev-create" => Create(arguments.Allow("job-id", "options")),
                "blockdev-add" => Done(() => vm.Blocks.Add(arguments)),
                "blockdev-del" => Done(() => vm.Blocks.Delete(arguments.Allow("node-name").Text("node-name"))),
                "blockdev-backup" => Done(() => _transaction.Backup(arguments, by)),
                "transaction" => Done(() => _transaction.Execute(arguments.Allow("actions", "properties"), by)),
                "block-commit" => Done(() => Commit(arguments)),
                "job-cancel" => Done(() => vm.Jobs.Cancel(Job(arguments))),
                "job-dismiss" => Done(() => vm.Jobs.Dismiss(Job(arguments))),
                "job-finalize" => Done(() => vm.Jobs.Finalize(Job(arguments))),
                "job-complete" => Done(() => BlockJobs.Complete(Job(arguments))),
                "block-job-cancel" => Done(() => vm.Jobs.Cancel(
                    vm.Jobs.FindBlock(arguments.Allow("device", "force").Text("device")))),
                "block-job-set-speed" => Done(() => SetSpeed(arguments.Allow("device", "speed"))),
                _ => throw QemuException.NoSuchCommand(command),
            };
        }
    }

    private static JsonArray List(Arguments _, JsonArray items) => items;

    private static JsonObject Done(Action action)
    {
        action();
        return [];
    }

    private JsonArray Nodes(Arguments arguments)
    {
        var nested = !arguments.Flag("flat", false);
        return new JsonArray([.. vm.Blocks.Nodes.Select(node => MonitorFacts.Node(node, nested))]);
    }

    private BlockJob Job(Arguments arguments) => vm.Jobs.Find(arguments.Allow("id").Text("id"));

    private void SetSpeed(Arguments arguments)
    {
        var job = vm.Jobs.FindBlock(arguments.Text("device"));
        vm.Jobs.SetSpeed(job, arguments.Number("speed"));
    }

    private JsonObject Create(Arguments arguments)
    {
        var id = arguments.Text("job-id");
        var options = arguments.Object("options");
        var driver = options.Text("driver");
        if (driver is not ("file" or "qcow2")) throw new QemuException($"Parameter 'driver' does not accept value '{driver}'");
        var size = options.Number("size");
        vm.Jobs.CheckId(id);
        var job = new BlockJob(id, "create", 1, vm.Time) { AutoDismiss = false };
        vm.Jobs.Create(job);
        vm.Jobs.Run(job, () =>
        {
            if (driver == "file") CreateFile(options.Text("filename"), size);
            else CreateQcow2(options, size);
        });
        return [];
    }

    private static void CreateFile(string path, long size)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(size);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            var reason = failed is UnauthorizedAccessException ? "Permission denied" : "No such file or directory";
            throw new QemuException($"Could not create '{path}': {reason}");
        }
    }

    private void CreateQcow2(Arguments options, long size)
    {
        lock (vm.Blocks.Sync)
        {
            var file = options.Need("file") is { ValueKind: JsonValueKind.String } reference
                ? vm.Blocks.Find(reference.GetString()!).File : options.Object("file").Text("filename");
            Qcow2Image.Write(file, size, null, options.TextOrNull("backing-file"), options.TextOrNull("backing-fmt"));
        }
    }

    private void Commit(Arguments arguments)
    {
        arguments.Allow("job-id", "device", "base-node", "top-node", "backing-file", "speed", "on-error", "filter-node-name",
            "auto-finalize", "auto-dismiss");
        var top = vm.Blocks.Find(arguments.Text("device"));
        var below = arguments.TextOrNull("base-node") is { } named ? vm.Blocks.Find(named) : Bottom(top);
        if (below == top || !Chain(top).Contains(below))
            throw new QemuException($"Node '{below.Name}' is not a backing image of '{top.Name}'");
        BlockGraph.CheckFree(top);
        BlockGraph.CheckFree(below);
        var id = arguments.Text("job-id");
        vm.Jobs.CheckId(id);
        var job = new BlockJob(id, "commit", 65536, vm.Time)
        {
            AutoFinalize = arguments.Flag("auto-finalize", true),
            AutoDismiss = arguments.Flag("auto-dismiss", true),
            Speed = arguments.Number("speed", 0),
            OnSuccess = () => vm.Blocks.MoveRoot(top, below),
        };
        job.Nodes.AddRange([top, below]);
        vm.Jobs.Create(job);
        vm.Jobs.Run(job);
    }

    private static BlockNode Bottom(BlockNode node) => Chain(node).Last();

    private static IEnumerable<BlockNode> Chain(BlockNode node)
    {
        for (var at = node; at is not null; at = at.Backing) yield return at;
    }
}
