using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Cut;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>What the steps of an attempt have found and made until now. <see cref="BackupRules"/> decides without it: each step
/// takes it, and hands back what it has become.</summary>
internal sealed record AttemptData
{
    /// <summary>What was known of guest and machine when the attempt began, or was looked for.</summary>
    public VmDescribed? Vm { get; init; }

    public FreezeFitness? Fitness { get; init; }

    /// <summary>The cut as this process prepared it.</summary>
    public CutPlan? Plan { get; init; }

    /// <summary>What the guest's freeze hook had told before the freeze.</summary>
    public HookReading? Hooks { get; init; }

    public PointDraft? Draft { get; init; }

    /// <summary>The draft with what the rules want stored in it.</summary>
    public PointDraft DraftWith(BackupDraft stored) => Draft! with
    {
        Facts = stored.Window is { } window ? Draft.Facts ?? LedgerFacts.From(window, "node") : null,
        Unfrozen = stored.Unfrozen,
        Copied = stored.Copied,
        Verdict = stored.Verdict,
    };
}

/// <summary>A step has ended.</summary>
/// <param name="Input">How, for the rules.</param>
/// <param name="Data">What is known now.</param>
internal sealed record StepEnded(BackupInput Input, AttemptData Data) : Akka.Actor.INoSerializationVerificationNeeded;
