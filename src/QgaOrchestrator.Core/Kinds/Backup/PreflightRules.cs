using System.Globalization;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>
/// Facts in, findings out: what stands in a backup's way, and what its operator has to know. The wanted consistency decides
/// what stops an item (require) and what lowers its class and is only told (prefer); with none no guest is asked.
/// </summary>
public static class PreflightRules
{
    /// <summary>Of a guest that started less than this ago services may not be up yet.</summary>
    private static readonly TimeSpan MomentsAgo = TimeSpan.FromSeconds(30);

    private const string AgentRemedy =
        "See which agent answers in the guest (qgactl vm call VM guest-info), and update its qemu-ga";

    /// <summary>What to do about a disk that nobody holds still.</summary>
    public const string Uncovered =
        "Detach such a disk, keep what does not freeze on another one, leave it out by its name (Exclude in the fleet file), "
            + "or accept the class";

    private const string Freezing = "guest-fsfreeze-", FileSystems = "guest-get-fsinfo", Files = "guest-file-";

    /// <summary>Everything, and what stops the item first.</summary>
    public static IReadOnlyList<Finding> Judge(PreflightFacts facts, Consistency consistency) =>
        [
            .. Machine(facts)
                .Concat(Guest(facts, consistency))
                .Concat(Storage(facts))
                .OrderByDescending(finding => finding.Severity),
        ];

    /// <summary>What a freeze of this guest would meet at once; null: it can be tried.</summary>
    /// <param name="runState">QEMU's, null where it is not known.</param>
    public static Finding? Freeze(string vm, GuestFacts guest, string? runState, Consistency consistency)
    {
        var (stops, unreachable) = consistency == Consistency.Require
            ? (Severity.Blocking, Severity.Unreachable)
            : (Severity.Notice, Severity.Notice);
        return guest switch
        {
            { Denied: true } => new(
                Severity.Blocking,
                "this host's policy denies guest-fsfreeze-freeze",
                "Policy.Deny in the node's config names it; or use consistency none"
            )
            { RefusedBy = ItemOutcome.Policy },
            { Answer: null or FreezeAnswer.Thawed } => null,
            // It is consistent for them, not for us, even where a freeze is only preferred.
            { Answer: FreezeAnswer.Frozen } => new(
                stops,
                "the guest is frozen by somebody else",
                $"Let its backup finish, or thaw it with qgactl thaw {vm} --force"
            ),
            { Answer: FreezeAnswer.NotOffered } => new(
                stops,
                $"the guest's agent does not offer freezing: {guest.Reason}",
                "Allow guest-fsfreeze-* in the guest (qemu-ga --allow-rpcs/--block-rpcs), or use consistency prefer"
            ),
            { Answer: FreezeAnswer.NotUnderstood } => new(
                stops, $"whether the guest is frozen is not known: {guest.Reason}", $"{AgentRemedy}, or use consistency prefer"),
            { Answer: FreezeAnswer.NoAgent } => new(stops, $"{guest.Reason}", $"{guest.Remedy}"),
            { Answer: FreezeAnswer.Quarantined } =>
                new(stops, $"{guest.Reason}", $"The node keeps thawing it; see qgactl vm show {vm}"),
            // The agent of a stopped VM is as silent as one that does not run, but the remedy is another.
            _ when runState is not (null or "running") => Stopped(runState) with { Severity = stops },
            _ => new(
                unreachable, $"{guest.Reason}", guest.Remedy ?? $"Check that qemu-ga runs in the guest: qgactl vm show {vm}"),
        };
    }

    private static Finding Stopped(string runState) =>
        new(Severity.Blocking, $"the VM does not run: it is {runState}", "Start or resume it, then run the backup again");

    private static IEnumerable<Finding> Machine(PreflightFacts facts)
    {
        if (facts.RunState is { } state and not "running")
            yield return Stopped(state);
        if (facts.Migration is { } migration)
            yield return new(
                Severity.Blocking,
                $"the VM is migrating ({migration})",
                "Wait for the end of the migration, then run the backup again"
            );
        if (facts.Age is { } age && age < MomentsAgo)
            yield return new(
                Severity.Notice,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the guest, or its agent, started {age.TotalSeconds:0} s ago: its services may not be up yet"
                ),
                "Wait until they are up: services that are cut while they start must recover after a restore"
            );
    }

    private static IEnumerable<Finding> Guest(PreflightFacts facts, Consistency consistency)
    {
        // Of a VM that does not run its state says it all.
        if (facts.RunState is not (null or "running")) return [];
        if (facts.Guest is not { } guest) return [AsItRuns("Use consistency require or prefer for more")];
        var obstacles = Obstacles(facts, guest, consistency);
        return obstacles.Count == 0 ? Frozen(facts)
            : obstacles.All(finding => finding.Severity == Severity.Notice)
                ? [.. obstacles, AsItRuns("Let qemu-ga run and freeze in the guest for more")]
            : obstacles;
    }

    /// <summary>Which commands are missing tells more than the agent's refusal.</summary>
    private static IReadOnlyList<Finding> Obstacles(PreflightFacts facts, GuestFacts guest, Consistency consistency)
    {
        var gaps = Missing(facts, Freezing);
        if (gaps.Count > 0 && guest.Answer is (FreezeAnswer.Thawed or FreezeAnswer.NotOffered))
            return
            [
                .. Gaps(
                    facts,
                    gaps,
                    consistency == Consistency.Require ? Severity.Blocking : Severity.Notice,
                    "the guest cannot be frozen"
                ),
            ];
        return Freeze(facts.Vm, guest, facts.RunState, consistency) is { } finding ? [finding] : [];
    }

    private static Finding AsItRuns(string remedy) =>
        new(Severity.Notice, "it would be copied while it runs; the point's class would be crash", remedy);

    /// <summary>Of a guest that can be frozen: what its freeze does not do.</summary>
    private static IEnumerable<Finding> Frozen(PreflightFacts facts)
    {
        foreach (
            var gap in Gaps(
                facts,
                Missing(facts, FileSystems),
                Severity.Notice,
                "it is not known which disks its file systems cover; the point's class would be crash"
            )
        )
            yield return gap;
        foreach (
            var gap in Gaps(
                facts,
                Missing(facts, Files),
                Severity.Notice,
                "its freeze hook cannot be asked, so no point says application; its mounts are not known"
            )
        )
            yield return gap;

        foreach (var odd in facts.NotUnderstood) yield return new(Severity.Notice, odd, AgentRemedy);

        if (facts.Coverage?.Gaps is { Count: > 0 } gaps)
            yield return new(Severity.Notice, $"the point would say crash: {string.Join("; ", gaps)}{Swaps(facts)}", Uncovered);
        if (Mounted(MountKind.Network) is { } network)
            yield return new(
                Severity.Notice,
                $"{network}: its data is on no disk of this VM, so it is not in the point",
                "Back it up where it is stored"
            );
        if (Mounted(MountKind.Loop) is { } loop)
            yield return new(
                Severity.Notice,
                $"{loop}: the freeze of a loop device can hang behind the freeze of the file system that holds its file",
                "Mount it from a disk of its own; a freeze that hangs is undone at Freeze.Timeout, and the item fails"
            );
        if (Mounted(MountKind.Overlay) is { } overlay)
            yield return new(
                Severity.Notice,
                $"{overlay}: an overlay does not freeze by itself; it stands still only with the file system that it writes to",
                "Put its upper directory on a disk whose file system freezes"
            );
        if (Mounted(MountKind.CannotFreeze) is { } rigid)
            yield return new(
                Severity.Notice,
                $"{rigid}: its file system cannot freeze, so what is written there during the cut may be torn",
                "Keep no data there that is written all the time"
            );

        string? Mounted(MountKind kind)
        {
            var mounts = facts.Mounts.Where(mount => mount.Kind == kind).ToList();
            return mounts.Count == 0
                ? null
                : $"{mounts[0].Mountpoint} ({mounts[0].Type}){(mounts.Count > 1 ? $" and {mounts.Count - 1} more" : "")}";
        }
    }

    private static List<MissingCommand> Missing(PreflightFacts facts, string prefix) =>
        [.. facts.Missing.Where(missing => missing.Name.StartsWith(prefix, StringComparison.Ordinal))];

    private static string Swaps(PreflightFacts facts) =>
        facts.Swaps.Count > 0 ? $" (the guest swaps on {string.Join(", ", facts.Swaps)})" : "";

    /// <summary>A finding for each reason why commands are missing.</summary>
    private static IEnumerable<Finding> Gaps(
        PreflightFacts facts, IReadOnlyList<MissingCommand> missing, Severity severity, string hence)
    {
        foreach (var gap in missing.GroupBy(command => command.Gap))
        {
            var names = string.Join(", ", gap.Select(command => command.Name));
            yield return gap.Key switch
            {
                CommandGap.Disabled => new(
                    severity,
                    $"the guest's agent has {names} disabled: {hence}",
                    "Allow them in the guest (qemu-ga --allow-rpcs/--block-rpcs, on RHEL /etc/sysconfig/qemu-ga) and restart "
                        + "qemu-ga"
                ),
                CommandGap.TooOld => new(
                    severity,
                    $"the guest's agent {facts.AgentVersion} is too old for {names} "
                        + $"({gap.Max(command => Version.Parse(command.Since))}): {hence}",
                    "Update qemu-guest-agent in the guest"
                ),
                _ => new(
                    severity,
                    $"the guest's agent {facts.AgentVersion} was built without {names}: {hence}",
                    "Install a build of qemu-guest-agent that has them"
                ),
            };
        }
    }

    private static IEnumerable<Finding> Storage(PreflightFacts facts)
    {
        if (facts.Target is { } target) yield return target;
        foreach (var finding in Outside(facts)) yield return finding;
        if (facts.BrokenBitmaps.Count > 0)
            yield return new(
                Severity.Notice,
                $"QEMU reports inconsistent dirty bitmaps: {string.Join(", ", facts.BrokenBitmaps)}; no incremental backup can "
                    + $"continue from them",
                "Remove each with block-dirty-bitmap-remove, and let the program that made it begin with a full backup");
        foreach (var warning in facts.MethodWarnings) yield return warning;
    }

    private static IEnumerable<Finding> Outside(PreflightFacts facts)
    {
        if (facts.UnknownExclusions.Count > 0)
            yield return new(
                Severity.Notice,
                $"the fleet file excludes {string.Join(", ", facts.UnknownExclusions)}, and this VM has no disk of that name",
                "Name a disk by its device's id, its node's name, its drive's id or its serial"
            );
        var disks = facts.Outside.Where(outside => outside.Why != "tpm").ToList();
        if (disks.Count > 0)
            yield return new(
                Severity.Notice,
                $"not in the point: {string.Join(", ", disks.Select(outside => $"{outside.Name} ({outside.Why})"))}",
                "Back up what is needed on them by other means"
            );
        if (facts.Outside.Where(outside => outside.Why == "tpm").Select(outside => outside.Name).ToList() is { Count: > 0 } tpms)
            yield return new(
                Severity.Notice,
                $"the state of {string.Join(", ", tpms)} is not in the point: the program that emulates the TPM keeps it",
                "Back up that program's state directory, or keep the recovery keys of what the guest has encrypted"
            );
    }
}
