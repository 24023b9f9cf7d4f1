using System.Text;
using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>What stands in the way of an item before anybody was asked.</summary>
internal static class MachineObstacle
{
    /// <summary>Why a VM of this kind that has no machine to ask cannot be backed up.</summary>
    public static Finding None(IHostKind kind) => new(
        Severity.Blocking,
        $"{kind.Advice.NoMachine.Reason}, and disks are cut through the monitor",
        kind.Advice.NoMachine.Remedy);

    /// <summary>Why this machine cannot be backed up now, or null.</summary>
    public static Finding? Of(IHostKind kind, MonitorView machine) =>
        machine.Up
            ? null
            : new(
                Severity.Unreachable,
                machine.Reason ?? "the monitor does not answer",
                kind.Advice.MachineRemedy
            );
}

/// <summary>Whether a guest can be frozen now, asked before anything is made.</summary>
/// <param name="Freezes">A window can be opened.</param>
/// <param name="FileSystems">What the guest says of its file systems, null where it does not.</param>
/// <param name="Mounts">The guest's table of mounts; null where it was not needed, or cannot be read.</param>
/// <param name="Guest">What was seen; null where no freeze is wanted.</param>
/// <param name="Stop">The item ends here.</param>
internal sealed record FreezeFitness(
    bool Freezes, IReadOnlyList<GuestFilesystem>? FileSystems, MountTable? Mounts, GuestFacts? Guest, Finding? Stop)
{
    /// <summary>Why the file systems are not known though the guest told them; null: it did not, or they are.</summary>
    public string? NotUnderstood { get; init; }

    /// <returns>Also what is known of the VM, with its guest, where that has not told of itself before.</returns>
    public static async Task<(FreezeFitness Fitness, VmDescribed Vm)> MeetAsync(
        IActorRef vm, VmServices services, VmSpec spec, VmDescribed known, Consistency consistency)
    {
        var fitness = await AskAsync(vm, services, spec, known.Machine, consistency);
        return (fitness, fitness.Freezes ? await known.MetAsync(vm) : known);
    }

    private static async Task<FreezeFitness> AskAsync(
        IActorRef vm, VmServices services, VmSpec spec, MonitorView machine, Consistency consistency)
    {
        if (consistency == Consistency.None)
            return new(false, null, null, null, null);
        var guest =
            services.Denied.Contains(GuestFsfreezeFreeze.Name) ? new GuestFacts(true, null, null)
            : spec.NoAgent is { } trouble
                ? new GuestFacts(false, FreezeAnswer.NoAgent, trouble.Reason) { Remedy = trouble.Remedy }
            : Facts(await CallAsync(GuestFsfreezeStatus.Request));
        if (PreflightRules.Freeze(spec.Id.Name, guest, machine.RunState, consistency) is { } finding)
            return new(false, null, null, guest, finding.Severity == Severity.Notice ? null : finding);

        var asked = await CallAsync(GuestGetFsinfo.Request);
        if (asked.Outcome is not AgentOutcome.Returned told) return new(true, null, null, guest, null);
        if (!told.Json.TryRead(GuestGetFsinfo.Read, out var mounted, out var odd))
            return new(true, null, null, guest, null)
            {
                NotUnderstood = $"which disks its file systems cover is not known ({GuestGetFsinfo.Name}): {odd}",
            };
        // Only where something does not freeze it matters whether it can be written to; guest-get-fsinfo does not tell.
        var mounts = mounted.Any(f => new MountFacts(f.Name, f.Mountpoint, f.Type, null, null).IsWriter)
            ? await MountsAsync(vm)
            : null;
        return new(true, mounted, mounts, guest, null);

        Task<CallEnded> CallAsync(AgentRequest request) =>
            vm.Ask<CallEnded>(new Submit(request, TimeSpan.FromSeconds(10)), TimeSpan.FromSeconds(30));
    }

    private static async Task<MountTable?> MountsAsync(IActorRef vm) =>
        await GuestFile.ReadAsync(vm, "/proc/mounts", PreflightLook.MostMounts) is GuestFile.Content table
            ? new MountTable(Encoding.UTF8.GetString(table.Bytes))
            : null;

    private static GuestFacts Facts(CallEnded status) => status.Outcome switch
    {
        AgentOutcome.Returned r => r.Json.TryRead(GuestFsfreezeStatus.Read, out var told, out var odd)
            ? new(false, told == FreezeStatus.Thawed ? FreezeAnswer.Thawed : FreezeAnswer.Frozen, null)
            : new(false, FreezeAnswer.NotUnderstood, odd),
        AgentOutcome.Refused r => new(false, FreezeAnswer.NotOffered, r.Error.Description),
        AgentOutcome.NotSent n =>
            new(false, status.Refusal is ChannelRefusal.Quarantined ? FreezeAnswer.Quarantined : FreezeAnswer.Silent, n.Reason)
            {
                Remedy = n.Remedy,
            },
        AgentOutcome.Unknown u => new(false, FreezeAnswer.Silent, u.Reason),
        var other => throw new InvalidOperationException($"unexpected outcome {other}"),
    };
}
