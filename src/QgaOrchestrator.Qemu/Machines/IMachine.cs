using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Monitor.Queries;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Machines;

/// <summary>
/// One VM's machine, seen as a call: what it does now, what its disks are, and what happens to it. Which protocol says so is
/// the implementation's business. Several calls may be under way at once.
/// </summary>
/// <remarks>A question to a machine that is not open, or does not answer in time, throws a
/// <see cref="Monitor.MonitorException"/>: nothing is known. Null is an answer: this machine cannot tell.</remarks>
public interface IMachine : IAsyncDisposable
{
    bool IsOpen { get; }

    /// <summary>The QEMU process behind the open link; null where that cannot be told (another pid namespace).</summary>
    QemuProcess? Process { get; }

    /// <summary>Events in the order of their arrival, on the reader's thread: hand them on, do not work in the handler. None
    /// is ever repeated.</summary>
    event Action<MachineEvent>? Happened;

    /// <summary>Raised once for each open link that ends without <see cref="Close"/>, with the reason.</summary>
    event Action<string>? Lost;

    /// <summary>Connects. Idempotent while open.</summary>
    Task<MachineOpening> OpenAsync(TimeSpan timeout);

    /// <summary>QEMU's version, as in 7.2.22.</summary>
    Task<Version?> VersionAsync(TimeSpan timeout);

    /// <summary>In lower case; null also where the VM was given none.</summary>
    Task<string?> UuidAsync(TimeSpan timeout);

    /// <summary>Whether its processors run, and QEMU's name for the state.</summary>
    Task<MachineStatus?> StatusAsync(TimeSpan timeout);

    /// <summary>The state of a migration that is under way, as in "active"; null: none is.</summary>
    Task<string?> MigrationAsync(TimeSpan timeout);

    /// <summary>Whether the VM was moved, in or out, by a migration that is complete.</summary>
    Task<bool?> HasMovedAsync(TimeSpan timeout);

    /// <summary>Whether a program in the guest has the agent's port open.</summary>
    Task<bool?> IsAgentPortOpenAsync(TimeSpan timeout);

    /// <summary>Whether a guest that suspended itself to memory can be woken.</summary>
    Task<bool?> CanWakeAsync(TimeSpan timeout);

    /// <summary>Wakes a guest that suspended itself to memory. Never throws.</summary>
    Task<WakeOutcome> WakeAsync(TimeSpan timeout);

    /// <summary>All disks: those to be cut, and those not, with the reasons.</summary>
    /// <param name="exclude">Disks that their owner leaves out, each by one of its names (<see cref="VmDisks"/>).</param>
    /// <param name="image">Where the image of the n-th disk is to be written.</param>
    /// <param name="timeout">A storage that hangs makes the answer late.</param>
    Task<VmDisks> DisksAsync(IReadOnlyList<string> exclude, Func<int, string> image, TimeSpan timeout);

    /// <summary>Dirty bitmaps that no incremental backup can continue from, as in NODE/BITMAP.</summary>
    Task<IReadOnlyList<string>> BrokenBitmapsAsync(TimeSpan timeout);

    /// <summary>Keeps a link that is released after each command (per-command) until it is taken back; else nothing.</summary>
    void Hold(bool on);

    /// <summary>Drops the link at once.</summary>
    void Close();
}

/// <summary>How an <see cref="IMachine.OpenAsync"/> ended.</summary>
public abstract record MachineOpening
{
    private MachineOpening() { }

    /// <param name="Version">QEMU's, as in 7.2.22.</param>
    public sealed record Ready(Version Version) : MachineOpening;

    /// <summary>There is nobody to ask, or nobody answers.</summary>
    public sealed record NoAnswer(string Reason) : MachineOpening;
}

/// <summary>How an <see cref="IMachine.WakeAsync"/> ended.</summary>
public abstract record WakeOutcome
{
    private WakeOutcome() { }

    public sealed record Woken : WakeOutcome;

    /// <summary>The machine's own words.</summary>
    public sealed record Refused(string Reason) : WakeOutcome;

    public sealed record NotSent(string Reason) : WakeOutcome;

    /// <summary>No answer: the guest may be awake.</summary>
    public sealed record Unknown(string Reason) : WakeOutcome;
}
