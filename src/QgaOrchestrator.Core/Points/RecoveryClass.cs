using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Points;

/// <summary>What a recovery point can prove, from the least to the most.</summary>
public enum RecoveryClass
{
    /// <summary>All disks at one instant, as after a power cut.</summary>
    Crash,

    /// <summary>Every writer of every disk was a frozen file system.</summary>
    Filesystem,

    /// <summary>And the applications had been told.</summary>
    Application,
}

/// <summary>Whether a disk's every writer was frozen.</summary>
public enum DiskCover
{
    Covered,

    /// <summary>Something is known to write to it that does not freeze, or no file system that freezes is on it.</summary>
    Uncovered,

    Unknown,

    /// <summary>Its only writer is the firmware: that says nothing of the guest's file systems.</summary>
    Firmware,
}

/// <summary>What was seen of one cut; a fact that is missing was not seen.</summary>
/// <param name="Window">The window, null for a cut of a running guest.</param>
/// <param name="Lease">The window's lease.</param>
/// <param name="IsWindows">The guest's freeze is VSS, which tells its writers.</param>
/// <param name="HooksReported">The guest's own hooks have reported their status after the thaw.</param>
/// <param name="Disks">Each writable disk.</param>
/// <param name="Contained">Every file system that froze is known to lie on a disk of the cut, or on one that need not be in
/// it.</param>
/// <param name="GroupCovered">Every disk of every other member of its group is covered, too.</param>
public sealed record ProofFacts(
    WindowRecord? Window,
    TimeSpan Lease,
    bool IsWindows,
    bool HooksReported,
    IReadOnlyList<DiskCover> Disks,
    bool Contained,
    bool GroupCovered = true
);

/// <summary>The class of a point is a pure function of what was seen: to take any fact away never raises it.</summary>
public static class ProofRules
{
    public static RecoveryClass Classify(ProofFacts facts) => facts switch
    {
        { Window: { } window } when !Held(window, facts.Lease) => RecoveryClass.Crash,
        { Window: null } => RecoveryClass.Crash,
        { Disks: var disks } when !disks.Contains(DiskCover.Covered) || disks
            .Any(d => d is not (DiskCover.Covered or DiskCover.Firmware)) => RecoveryClass.Crash,
        { Contained: false } or { GroupCovered: false } => RecoveryClass.Crash,
        { IsWindows: true } or { HooksReported: true } => RecoveryClass.Application,
        _ => RecoveryClass.Filesystem,
    };

    /// <summary>The cut's reply was read while all that froze was frozen, and the guest was thawed in time by us alone.</summary>
    private static bool Held(WindowRecord window, TimeSpan lease) =>
        window
            is
        {
            Broken: null,
            ThawError: null,
            Frozen: > 0,
            FrozenAt: { } frozen,
            CutAt: { } cut,
            ThawSent: { } sent,
            ThawedAt: { } thawed
        }
        && window.Thawed == window.Frozen
        && cut.Monotonic >= frozen.Monotonic && cut.Monotonic <= sent.Monotonic
        && thawed - frozen <= lease;
}
