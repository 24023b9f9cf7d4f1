using System.Text;

namespace QgaOrchestrator.Simulator;

/// <summary>A transaction: all actions start, or none; what had started is rolled back with its events.</summary>
internal sealed class TransactionCommand(SimulatedVm vm)
{
    public void Execute(Arguments arguments, Client by)
    {
        var actions = arguments.Array("actions") ?? throw new QemuException("Parameter 'actions' is missing");
        var isGrouped = arguments.Find("properties") is not null
            && arguments.Object("properties").TextOrNull("completion-mode") == "grouped";
        // Two jobs and a late failure deadlock a real 7.2 in this mode: nothing here is to rely on it.
        if (isGrouped) throw new QemuException("completion-mode = grouped is not simulated");
        var undo = new Stack<Action>();
        var started = new List<(BlockJob Job, BlockNode Target)>();
        var overlays = new List<string>();
        try
        {
            foreach (var item in actions)
            {
                var action = new Arguments(item);
                var (type, data) = (action.Text("type"), action.Object("data"));
                switch (type)
                {
                    case "blockdev-backup":
                        var backup = CreateBackup(data, by);
                        started.Add(backup);
                        undo.Push(() => vm.Jobs.RollBack(backup.Job));
                        break;
                    case "blockdev-snapshot":
                        overlays.Add(Snapshot(data.Allow("node", "overlay"), undo));
                        break;
                    case "abort":
                        throw new QemuException("Transaction aborted using Abort action");
                    default:
                        throw new QemuException($"Parameter 'type' does not accept value '{type}'");
                }
            }
        }
        catch (QemuException)
        {
            while (undo.TryPop(out var step)) step();
            throw;
        }
        Start(started, by, overlays);
    }

    /// <summary>The command of its own: a transaction of one.</summary>
    public void Backup(Arguments data, Client by) => Start([CreateBackup(data, by)], by, []);

    private void Start(List<(BlockJob Job, BlockNode Target)> backups, Client by, List<string> overlays)
    {
        vm.RecordCut([.. backups.Select(backup => backup.Target.Name), .. overlays], by);
        foreach (var (job, _) in backups)
        {
            job.Filter = vm.Blocks.InsertFilter(job.Nodes[0]);
            vm.Jobs.Run(job);
        }
    }

    private (BlockJob Job, BlockNode Target) CreateBackup(Arguments data, Client by)
    {
        data.Allow(
            "job-id",
            "device",
            "target",
            "sync",
            "speed",
            "compress",
            "on-source-error",
            "on-target-error",
            "auto-finalize",
            "auto-dismiss",
            "filter-node-name",
            "x-perf",
            "bitmap",
            "bitmap-mode"
        );
        var source = vm.Blocks.Find(data.Text("device"));
        var target = vm.Blocks.Find(data.Text("target"));
        if (data.Text("sync") != "full") throw new QemuException("sync mode: only full is simulated");
        BlockGraph.CheckFree(source);
        vm.Blocks.CheckTarget(target);
        if (source.Size != target.Size) throw new QemuException("Source and target image have different sizes");
        var id = data.TextOrNull("job-id") ?? throw new QemuException("An explicit job ID is required for this node");
        vm.Jobs.CheckId(id);
        var content = Encoding.UTF8.GetBytes(Stamp(source, by));
        var job = new BlockJob(id, "backup", source.Size, vm.Time)
        {
            AutoFinalize = data.Flag("auto-finalize", true),
            AutoDismiss = data.Flag("auto-dismiss", true),
            Speed = data.Number("speed", 0),
            OnSuccess = () => Qcow2Image.Write(target.File, target.Size, content),
        };
        job.Nodes.AddRange([source, target]);
        vm.Jobs.Create(job);
        return (job, target);
    }

    private string Snapshot(Arguments data, Stack<Action> undo)
    {
        var node = vm.Blocks.Find(data.Text("node"));
        var overlay = vm.Blocks.Find(data.Text("overlay"));
        BlockGraph.CheckFree(node);
        vm.Blocks.CheckOverlay(overlay);
        vm.Blocks.PutOverlay(node, overlay);
        undo.Push(() => vm.Blocks.TakeOverlayOff(node, overlay));
        return overlay.Name;
    }

    /// <summary>A copy records what it is of: the disk, the instant of the cut, and the freeze that held, if one did.</summary>
    private string Stamp(BlockNode source, Client by)
    {
        var freeze = vm.Guest.IsFrozen ? $"frozen in freeze {vm.Guest.Epoch}" : "not frozen";
        return $"copy of {vm.Name}/{source.Name}, cut at {vm.Now:O} by client {by.Number}, {freeze}\n";
    }
}
