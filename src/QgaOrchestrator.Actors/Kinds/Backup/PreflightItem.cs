using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>
/// A dry run's item: what a backup of this VM would meet, each with its remedy. It asks guest and machine, makes the targets
/// as the backup does, through QEMU, and undoes them. What the facts mean is decided by <see cref="PreflightRules"/>, as it
/// is for the backup itself. The guest is not frozen.
/// </summary>
internal sealed class PreflightItem : ReceiveActor, IDisposable
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);

    private readonly StartItem _order;
    private readonly BackupOptions _options;
    private readonly VmServices _services;
    private readonly VmSpec _spec;
    private readonly IActorRef _vm;
    private readonly CancellationTokenSource _stopped = new();

    public PreflightItem(StartItem order, VmServices services, VmSpec spec, IMachine? machine, IActorRef vm)
    {
        (_order, _services, _spec, _vm) = (order, services, spec, vm);
        _options = BackupOptions.Of(order.Options) ?? throw new ArgumentException(
            "the run's options hold no backup", nameof(order));
        var self = Self;
        Receive<ItemOutcome>(m => Context.Parent.Tell(new ItemsActor.Finished(m, null)));
        Receive<Status.Failure>(m =>
            self.Tell(Outcome(ItemState.Failed, $"a fault in qgad: {m.Cause.Message}", "See the node's log, and report it"))
        );
        Receive<AbortItem>(_ => _stopped.Cancel());
        services.Runs().Tell(
            new ItemMoved(order.Run, new ItemProgress(order.Item, order.Attempt, BackupKind.Prepare.Name, null, 0, 0)));
        CheckAsync(machine, _stopped.Token).PipeTo(Self);
    }

    protected override void PostStop()
    {
        _stopped.Cancel();
        Dispose();
    }

    private async Task<ItemOutcome> CheckAsync(IMachine? machine, CancellationToken cancel)
    {
        if (machine is null) return Outcome([MachineObstacle.None(_spec.Kind)]);
        var vm = await _vm.Ask<VmDescribed>(new DescribeVm(), Answer, cancel);
        if (MachineObstacle.Of(_spec.Kind, vm.Machine) is { } obstacle) return Outcome([obstacle]);
        var consistency = _order.Freeze == FreezeMode.Never ? Consistency.None : _options.Consistency;
        (var fitness, vm) = await FreezeFitness.MeetAsync(_vm, _services, _spec, vm, consistency);
        try
        {
            var facts = await PreflightLook.AtMachineAsync(
                new PreflightFacts(_spec.Id.Name) { Guest = fitness.Guest }, machine, vm);
            facts = await PreflightLook.AtGuestAsync(facts, _vm, vm.Guest, fitness);
            var backup = BackupCut.For(_options, _services, _spec, machine).Rehearsed();
            facts = await PreflightLook.AtMethodAsync(facts, backup);
            // The backup would not come to its targets either, but its operator wants to know all at once.
            if (facts.RunState is null or "running" && facts.Migration is null)
                facts = await TryTargetsAsync(facts, backup, fitness, cancel);
            return Outcome(PreflightRules.Judge(facts, consistency));
        }
        catch (MonitorException silent)
        {
            return Outcome([
                new Finding(
                    Severity.Unreachable,
                    $"QEMU's monitor does not answer ({silent.Message})",
                    "See whether QEMU hangs, and its storage"
                ),
            ]);
        }
        catch (CutException unfit)
        {
            return Outcome([new Finding(Severity.Blocking, unfit.Message, unfit.Remedy)]);
        }
        catch (OperationCanceledException)
        {
            return Outcome(ItemState.Cancelled, ItemOutcome.RunAborted, null);
        }
    }

    /// <summary>Makes the targets and removes them again.</summary>
    private async Task<PreflightFacts> TryTargetsAsync(
        PreflightFacts facts, BackupCut backup, FreezeFitness fitness, CancellationToken cancel)
    {
        var cut = backup.Make();
        var names = CutNames.For(_order.Run, _order.Item, _order.Attempt);
        var directory = PointDirectory.For(
            _options.Target ?? _services.Points, _services.Drafts, _spec.Id, _order.DispatchedAt, names.Hash);
        try
        {
            foreach (var method in _spec.Kind.CutMethods) method.RequireSettled(backup.Job);
            directory.Create(_services.TargetGroup, backup.Method.QemuWritesImages);
            var plan = await cut.PrepareAsync(
                names, new CutTarget(directory.Path, _options.Bandwidth) { Exclude = _services.Exclude(_spec.Id) }, cancel);
            await cut.UndoAsync(names, directory.Path, CancellationToken.None);
            directory.Delete();
            facts = await PreflightLook.AtKeptAsync(
                facts, _spec.Kind.Keeper, new(_spec.Address, backup.Job.Machine, plan.Disks, _services.Time));
            return facts with
            {
                Coverage = DiskCoverage.Of(plan, fitness.FileSystems, fitness.Mounts),
                Outside = [.. DiskCoverage.Outside(plan).Where(disk => !facts.TpmIsKept || disk.Why != PointMachine.Tpm)],
                UnknownExclusions = plan.Machine?.UnknownExclusions ?? [],
            };
        }
        catch (CutException e)
        {
            TargetDirectory.Delete(directory.Path);
            return facts with
            {
                Target = new Finding(e.Unreachable ? Severity.Unreachable : Severity.Blocking, e.Message, e.Remedy),
            };
        }
        catch (OperationCanceledException)
        {
            await cut.UndoAsync(names, directory.Path, CancellationToken.None);
            directory.Delete();
            throw;
        }
    }

    /// <summary>Fit where nothing stops it; whatever was found is told in either case.</summary>
    private ItemOutcome Outcome(IReadOnlyList<Finding> findings) => Outcome(
        findings is [{ Severity: not Severity.Notice } worst, ..] ? worst.State : ItemState.Succeeded,
        findings.Count == 0 ? null : string.Join("; ", findings.Select(finding => finding.What)),
        findings.Count == 0 ? null : string.Join(". ", findings.Select(finding => finding.Remedy.TrimEnd('.')).Distinct()));

    private ItemOutcome Outcome(ItemState state, string? reason, string? remedy) =>
        new(_order.Item, _order.Attempt, state, reason, remedy);

    public void Dispose() => _stopped.Dispose();
}
