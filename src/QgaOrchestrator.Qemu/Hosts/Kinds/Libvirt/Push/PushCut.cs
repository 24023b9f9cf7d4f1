using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Push;

/// <summary>
/// A copy of every disk as it is at the cut, by libvirt's backup API: it begins in one transaction of QEMU's, and QEMU copies a
/// block before the guest overwrites it. Its job is known by its targets: it goes on without the daemon and without us, and
/// one with others' targets is never touched.
/// </summary>
internal sealed class PushCut(LibvirtMachine machine, CutJob job) : ICut
{
    private readonly TimeProvider _time = job.Host.Time;
    private readonly CutLimits _limits = job.Host.Limits;

    /// <summary>A window's limits are below it.</summary>
    private static readonly TimeSpan LongestWindow = TimeSpan.FromMinutes(5);

    /// <summary>The first that begin a backup without an override in the domain (libvirt's news of 7.6).</summary>
    private static readonly (Version Libvirt, Version Qemu) Since = (new(7, 6), new(6, 1));

    private long? _bandwidth;

    public async Task<CutPlan> PrepareAsync(CutNames names, CutTarget target, CancellationToken cancel)
    {
        var disks = await CutSteps.PlanAsync(machine, RequireFitAsync, target, _limits).ConfigureAwait(false);
        return await CutSteps
            .MakeAsync(
                () => MakeAsync(names, target, disks, cancel),
                () => UndoAsync(names, target.Directory, CancellationToken.None))
            .ConfigureAwait(false);
    }

    public async Task<CutOutcome> CutAsync(CutPlan plan, TimeSpan timeout)
    {
        if (machine.Domain is not { } domain) return new CutOutcome.Refused("libvirt is not open");
        var start = _time.GetTimestamp();
        // Beside the cut: what was frozen then must be frozen yet behind it.
        var before = IsFrozenAsync(domain, timeout);
        var begun = await BeginAsync(domain, plan, timeout).ConfigureAwait(false);
        if (begun is not RpcOutcome.Returned)
            return begun switch
            {
                RpcOutcome.Failed failed => new CutOutcome.Refused(failed.Error.ToString()),
                RpcOutcome.NotSent notSent => new CutOutcome.Refused(notSent.Reason),
                RpcOutcome.Unknown unknown => new CutOutcome.Unknown(unknown.Reason),
                _ => new CutOutcome.Unknown("libvirt gave no answer"),
            };
        if (await before.ConfigureAwait(false) != true) return new CutOutcome.Done();
        return await IsFrozenAsync(domain, _time.Left(timeout, start)).ConfigureAwait(false) == true
            ? new CutOutcome.Done()
            : new CutOutcome.Unknown(
                "whether the guest was still frozen behind its cut is not known: somebody else thawed it, or its agent did not "
                + "answer");
    }

    public Task FinishAsync(CutPlan plan, Action<CopyProgress> progress, CancellationToken cancel) =>
        CutSteps.AskingAsync(async () =>
    {
        await LimitAsync(plan).ConfigureAwait(false);
        var total = plan.Disks.Sum(disk => disk.Size);
        var seen = 0L;
        while (await IsOursUnderWayAsync(plan.Directory).ConfigureAwait(false))
        {
            if (await machine.JobAsync(_limits.Command).ConfigureAwait(false) is { Work: DomainJobWork.Backup, Total: > 0 } copy)
            {
                seen = copy.Total;
                progress(new(Math.Min(copy.Done, copy.Total), copy.Total));
            }
            await Task.Delay(_limits.Poll, _time, cancel).ConfigureAwait(false);
        }
        await RequireWholeAsync(seen).ConfigureAwait(false);
        progress(new(total, total));
        await TakeBackNoteAsync(plan.Names).ConfigureAwait(false);
        return true;
    });

    public Task UndoAsync(CutNames names, string directory, CancellationToken cancel) => CutSteps.AskingAsync(async () =>
    {
        await EndAsync(directory, cancel).ConfigureAwait(false);
        await TakeBackNoteAsync(names).ConfigureAwait(false);
        TargetDirectory.Delete(directory);
        return true;
    });

    /// <summary>A copy that ended while nobody looked is made again: libvirt does not tell whose its last job was.</summary>
    public Task<bool> CanFinishAsync(CutPlan plan, CancellationToken cancel) =>
        CutSteps.AskingAsync(() => IsOursUnderWayAsync(plan.Directory));

    /// <summary>Ends the copy to this directory, where one is under way.</summary>
    internal async Task EndAsync(string directory, CancellationToken cancel)
    {
        var start = _time.GetTimestamp();
        while (await IsOursUnderWayAsync(directory).ConfigureAwait(false))
        {
            await machine
                .TellAsync("to end the copy", domain => machine.Host.Work.AbortAsync(domain, _limits.Command))
                .ConfigureAwait(false);
            if (_time.GetElapsedTime(start) > _limits.Removal)
                throw new CutException(
                    $"libvirt still copies to {directory}, though this node has ended that",
                    "See virsh domjobinfo, and the target's storage, which may hang.");
            await Task.Delay(_limits.Poll, _time, cancel).ConfigureAwait(false);
        }
        await PushRemains.RemoveAsync(machine, directory, _time, _limits, cancel).ConfigureAwait(false);
    }

    internal Task TakeBackNoteAsync(CutNames names) => machine.TellAsync("to take our note from its metadata", async domain =>
    {
        var note = await machine.Host.Work.MetadataAsync(domain, PushNote.Namespace, _limits.Command).ConfigureAwait(false);
        if (PushNote.Read(note) is not { } read || read.Hash != names.Hash) return;
        await machine.Host.Work
            .SetMetadataAsync(domain, null, PushNote.Prefix, PushNote.Namespace, _limits.Command).ConfigureAwait(false);
    });

    private async Task<CutPlan> MakeAsync(CutNames names, CutTarget target, VmDisks found, CancellationToken cancel)
    {
        _bandwidth = target.Bandwidth;
        foreach (var disk in found.Cut)
        {
            cancel.ThrowIfCancellationRequested();
            await PushTargets.MakeAsync(disk, cancel).ConfigureAwait(false);
        }
        var xml = await machine.XmlAsync(_limits.Command).ConfigureAwait(false);
        var note = new PushNote(names.Hash, job.Vm, _time.GetUtcNow() + LongestWindow, target.Directory).Write();
        await machine.TellAsync("a note in the domain's metadata", domain => machine.Host.Work
            .SetMetadataAsync(domain, note, PushNote.Prefix, PushNote.Namespace, _limits.Command)).ConfigureAwait(false);
        // Again, after everything slow: a job of somebody else's would keep the cut waiting with the guest frozen.
        await RequireIdleAsync().ConfigureAwait(false);
        var plan = new CutPlan(names, target.Directory, found.Cut)
        {
            Machine = found,
            Request = PushXml.Of(found.Cut, DomainDisks.Of(xml).Select(disk => disk.Target)),
        };
        if (job.IsRehearsal) await RehearseAsync(plan, cancel).ConfigureAwait(false);
        return plan;
    }

    /// <summary>Begins the copy and ends it: whether QEMU's user reaches the target, and whether its label is granted, shows in
    /// no other way. Nothing is frozen.</summary>
    private async Task RehearseAsync(CutPlan plan, CancellationToken cancel)
    {
        try
        {
            await machine.TellAsync("to begin the copy", async domain =>
            {
                var begun = await BeginAsync(domain, plan, _limits.Command).ConfigureAwait(false);
                if (begun is not RpcOutcome.Returned) throw LibvirtException.Of(begun);
            }).ConfigureAwait(false);
        }
        catch (CutException refused)
        {
            throw CutErrors.Target(refused.Message, plan.Disks[0].Image, machine.Process);
        }
        await EndAsync(plan.Directory, cancel).ConfigureAwait(false);
    }

    private async Task<RpcOutcome> BeginAsync(RpcDomain domain, CutPlan plan, TimeSpan timeout)
    {
        machine.MayLeaveUnbegun = true;
        var begun = await machine.Host.Work.CallAsync(PushCalls.Begin(domain, plan.Request.Span), timeout).ConfigureAwait(false);
        if (begun is not RpcOutcome.Unknown) machine.MayLeaveUnbegun = false;
        return begun;
    }

    private async Task RequireFitAsync()
    {
        var (libvirt, qemu) = await machine.VersionsAsync(_limits.Command).ConfigureAwait(false);
        if (libvirt < Since.Libvirt || qemu < Since.Qemu)
            throw new CutException(
                $"libvirt {libvirt} with QEMU {qemu} is too old for this method: it refuses backups",
                $"Update to libvirt {Since.Libvirt} and QEMU {Since.Qemu} or later, or set \"Cut\": \"monitor\" for this "
                + "source.");
        await RequireIdleAsync().ConfigureAwait(false);
    }

    private async Task RequireIdleAsync()
    {
        await Readiness.RequireAsync(machine, _limits).ConfigureAwait(false);
        var start = _time.GetTimestamp();
        var other = await machine.JobAsync(_limits.Command).ConfigureAwait(false);
        while (other is { Work: DomainJobWork.UnbegunBackup } && _time.GetElapsedTime(start) < _limits.Begin)
        {
            await Task.Delay(_limits.Poll, _time).ConfigureAwait(false);
            other = await machine.JobAsync(_limits.Command).ConfigureAwait(false);
        }
        if (other is { Work: DomainJobWork.UnbegunBackup })
            throw new CutException(
                "libvirt holds a backup whose daemon was ended while it began it, and cannot end it",
                "Restart libvirt's daemon while this node runs as root (guests keep running): the node takes the backup out of "
                + "what the daemon keeps. Else it ends when the VM is powered off.");
        if (other is not null)
            throw new CutException(
                $"libvirt is at another job on the VM: {other.Work.ToString().ToLowerInvariant()}",
                "Wait for its end (virsh domjobinfo), or end it (virsh domjobabort), then run the backup again.");
    }

    private Task<bool> IsOursUnderWayAsync(string directory) => machine.AskAsync("its backup", async domain =>
        await machine.Host.Work.BackupAsync(domain, _limits.Command).ConfigureAwait(false) is { } xml
        && PushXml.IsOf(xml, directory));

    private async Task LimitAsync(CutPlan plan)
    {
        if (_bandwidth is not { } bytes) return;
        foreach (var disk in plan.Disks)
        {
            try
            {
                await machine.TellAsync("a limit of the copy", domain =>
                    machine.Host.Work.LimitAsync(domain, disk.Node, bytes, _limits.Command)).ConfigureAwait(false);
            }
            catch (CutException)
            {
                // The copy of this disk may have ended already; one that has not goes on without its limit.
            }
        }
    }

    /// <param name="seen">Bytes of the copy, as its job told them while it was under way; 0: it was too quick.</param>
    private async Task RequireWholeAsync(long seen)
    {
        var end = await machine.AskAsync(
            "the end of its copy", domain => machine.Host.Work.LastJobAsync(domain, _limits.Command)).ConfigureAwait(false);
        if (end is not { Work: DomainJobWork.Backup } || (seen > 0 && end.Total != seen))
            throw new CutException(
                "libvirt no longer knows the copy: the VM or libvirt's daemon was restarted", "Run the backup of this VM again.");
        if (end.Error is { } error)
            throw new CutException(
                $"the copy failed: {error}", "See the storage of the disks and of the target, then run the backup again.");
    }

    /// <returns>Null: the agent does not say.</returns>
    private async Task<bool?> IsFrozenAsync(RpcDomain domain, TimeSpan timeout) =>
        AgentAnswers.Of(
            GuestFsfreezeStatus.Request,
            await machine.Host.Thaw
                .CallAsync(LibvirtRequests.Call(domain, GuestFsfreezeStatus.Request, timeout), timeout).ConfigureAwait(false))
            is AgentOutcome.Returned status
            ? GuestFsfreezeStatus.SaysFrozen(status.Json)
            : null;
}
