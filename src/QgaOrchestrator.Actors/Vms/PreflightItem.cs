using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Kinds;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// A dry run's item: what a backup of this VM would meet, each with its remedy. It asks guest and machine as the backup does,
/// makes the targets through QEMU as the backup does, and undoes them: so the check cannot drift from what it checks. The
/// guest is not frozen.
/// </summary>
internal sealed class PreflightItem : ReceiveActor, IDisposable
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);

    /// <summary>From here on a target that fails during the copy costs the copy and not the guest's write.</summary>
    private static readonly Version ProtectsWrites = new(10, 1);

    private readonly StartItem _order;
    private readonly BackupOptions _options;
    private readonly VmServices _services;
    private readonly VmSpec _spec;
    private readonly IActorRef _vm;
    private readonly CancellationTokenSource _stopped = new();

    public PreflightItem(StartItem order, VmServices services, VmSpec spec, IMonitor? monitor, IActorRef vm)
    {
        (_order, _services, _spec, _vm) = (order, services, spec, vm);
        _options = order.Options.Backup ?? throw new ArgumentException("the run's options hold no backup", nameof(order));
        var self = Self;
        Receive<ItemOutcome>(m => Context.Parent.Tell(new ItemsActor.Finished(m, null)));
        Receive<Status.Failure>(m => self.Tell(new ItemOutcome(order.Item, order.Attempt, ItemState.Failed, $"a fault in qgad: {m.Cause.Message}", "See the node's log, and report it")));
        Receive<AbortItem>(_ => _stopped.Cancel());
        services.Runs.Tell(new ItemMoved(order.Run, new ItemProgress(order.Item, order.Attempt, Backup.Prepare.Name, null, 0, 0)));
        CheckAsync(monitor, _stopped.Token).PipeTo(Self);
    }

    protected override void PostStop()
    {
        _stopped.Cancel();
        Dispose();
    }

    private async Task<ItemOutcome> CheckAsync(IMonitor? monitor, CancellationToken cancel)
    {
        if (monitor is null) return Outcome(Obstacle.NoMonitor);
        var vm = await _vm.Ask<VmDescribed>(new DescribeVm(), Answer, cancel);
        if (Obstacle.Of(vm.Machine) is { } machine) return Outcome(machine);
        var consistency = _order.Freeze == FreezeMode.Never ? Consistency.None : _options.Consistency;
        var fitness = await FreezeFitness.AskAsync(_vm, _services, _spec.Id.Name, consistency);
        if (fitness.Stop is { } stop) return Outcome(stop.Told(vm.Machine));

        var cut = _services.Cut(_options.Method, _options.Hook, _spec, monitor);
        var names = CutNames.For(_order.Run, _order.Item, _order.Attempt);
        var directory = PointDirectory.For(_options.Target ?? _services.Points, _spec.Id, _order.DispatchedAt, names.Hash);
        try
        {
            _services.Overlays.RequireNone(_spec.Id.Entity, vm.Machine.Process);
            directory.Create(_services.TargetGroup);
            var plan = await cut.PrepareAsync(names, new CutTarget(directory.Path, _options.Bandwidth), cancel);
            await cut.UndoAsync(names, directory.Path, CancellationToken.None);
            directory.Delete();
            return Told(vm, plan, fitness);
        }
        catch (CutException e)
        {
            TargetDirectory.Delete(directory.Path);
            return Outcome(new Obstacle(e.Unreachable ? ItemState.Unreachable : ItemState.Failed, e.Message, e.Remedy));
        }
        catch (OperationCanceledException)
        {
            await cut.UndoAsync(names, directory.Path, CancellationToken.None);
            directory.Delete();
            return Outcome(new Obstacle(ItemState.Cancelled, BackupItem.Aborted, null));
        }
    }

    /// <summary>It can be backed up; what lowers its class, or what is to be known, is told.</summary>
    private ItemOutcome Told(VmDescribed vm, CutPlan plan, FreezeFitness fitness)
    {
        var covers = DiskCoverage.Of(plan, fitness.FileSystems);
        var open = plan.Disks.Where((_, i) => covers[i] != DiskCover.Covered).Select(disk => $"{disk.Node} is {covers[disk.Index].ToString().ToLowerInvariant()}").ToList();
        List<(string What, string Remedy)> told = [];
        if (!fitness.Freezes)
            told.Add(("it would be cut as it runs, class crash", "Let qemu-ga run and freeze in the guest for more"));
        else if (open.Count > 0)
            told.Add(($"the point would say crash: {string.Join(", ", open)} by a file system that freezes (swap, raw, or not told)", "Detach such disks, or take the class as it is"));
        if (Version.TryParse(vm.Machine.QemuVersion, out var qemu) && qemu < ProtectsWrites)
            told.Add(($"QEMU {qemu.Major}.{qemu.Minor} lets a guest's write fail where the target fails during the copy", "Copy to a target that is as reliable as the disk; QEMU 10.1 and later give up the copy instead"));
        return new ItemOutcome(
            _order.Item, _order.Attempt, ItemState.Succeeded, told.Count == 0 ? null : string.Join("; ", told.Select(t => t.What)), told.Count == 0 ? null : string.Join(". ", told.Select(t => t.Remedy)));
    }

    private ItemOutcome Outcome(Obstacle obstacle) => new(_order.Item, _order.Attempt, obstacle.State, obstacle.Reason, obstacle.Remedy);

    public void Dispose() => _stopped.Dispose();
}
