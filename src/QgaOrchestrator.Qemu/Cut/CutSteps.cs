using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>What every cut does in the same way.</summary>
internal static class CutSteps
{
    /// <summary>Looks only: when it fails nothing was made, and a QEMU that hangs is not waited for again.</summary>
    /// <param name="require">What must hold for the cut (<see cref="Readiness"/>).</param>
    public static Task<VmDisks> PlanAsync(IMachine machine, Func<Task> require, CutTarget target, CutLimits limits) =>
        AskingAsync(() => LookAsync(machine, require, target, limits));

    private static async Task<VmDisks> LookAsync(IMachine machine, Func<Task> require, CutTarget target, CutLimits limits)
    {
        try
        {
            await require().ConfigureAwait(false);
            var disks = await Readiness
                .PromptlyAsync(
                    limits,
                    timeout => machine.DisksAsync(
                        target.Exclude, disk => TargetDirectory.Image(target.Directory, disk), timeout))
                .ConfigureAwait(false);
            return disks.Cut.Any(disk => !disk.Firmware)
                ? disks with { Cut = [.. disks.Cut.Select(disk => disk with { Thin = ThinOf(disk, target) })] }
                : throw new CutException(
                    "the VM has no writable disk"
                        + (
                            disks.Outside.Any(disk => disk.Reason is OutsideReason.Excluded or OutsideReason.PassedThrough)
                                ? " that is neither excluded nor passed through"
                                : ""
                        ),
                    "Leave it out of the selection: there is nothing to back up."
                );
        }
        catch (Exception error) when (error is CutException or MonitorException)
        {
            TargetDirectory.Delete(target.Directory);
            throw;
        }
    }

    private static ThinDisk? ThinOf(PlannedDisk disk, CutTarget target) =>
        DeviceId.Of(disk.Qdev) is { } device ? target.Thin.FirstOrDefault(thin => thin.Device == device) : null;

    /// <summary>Makes what a cut needs; what was made until a failure is undone.</summary>
    public static async Task<CutPlan> MakeAsync(Func<Task<CutPlan>> make, Func<Task> undoAsync)
    {
        try
        {
            return await AskingAsync(make).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            try
            {
                await undoAsync().ConfigureAwait(false);
            }
            catch (CutException undo) when (error is CutException cause)
            {
                throw new CutException($"{cause.Message}; and then {undo.Message}", cause.Remedy, undo.Unreachable);
            }

            throw;
        }
    }

    /// <summary>Sends the plan's transaction. Never throws.</summary>
    public static async Task<CutOutcome> CutAsync(IMonitor monitor, CutPlan plan, TimeSpan timeout) =>
        await monitor.ExecuteAsync("transaction", plan.Request, timeout).ConfigureAwait(false) switch
        {
            MonitorOutcome.Returned => new CutOutcome.Done(),
            MonitorOutcome.Refused refused => new CutOutcome.Refused(refused.Description),
            MonitorOutcome.NotSent notSent => new CutOutcome.Refused(notSent.Reason),
            MonitorOutcome.Unknown unknown => new CutOutcome.Unknown(unknown.Reason),
            var other => new CutOutcome.Unknown(other.ToString()),
        };

    /// <exception cref="CutException">The work's own, or that the monitor does not answer.</exception>
    public static async Task<T> AskingAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (MonitorException silent)
        {
            throw CutErrors.Unreachable(silent);
        }
    }
}
