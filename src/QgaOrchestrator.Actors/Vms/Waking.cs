using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>A guest that sleeps in its memory: whether it could be woken, and waking it. Both need its monitor.</summary>
internal static class Waking
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    /// <summary>Why the guest must not suspend itself to memory; null: it may.</summary>
    /// <param name="machine">Kept open by its keeper.</param>
    public static async Task<CallReply.Refused?> ObjectionAsync(IHostKind kind, IMachine? machine)
    {
        if (machine is null) return NoMachine(kind);
        try
        {
            // Null: QEMU before 4.0 cannot be asked, and can wake a guest.
            return await machine.CanWakeAsync(Answer) is false
                ? new(
                    CallRefusal.CannotWake,
                    "this VM's machine cannot wake a guest that suspended itself to memory (query-current-machine: "
                        + "wakeup-suspend-support)",
                    "Suspend to disk, or pause the VM; a machine of type pc or q35 with ACPI can wake its guest"
                )
                : null;
        }
        catch (MonitorException e)
        {
            return new(
                CallRefusal.CannotWake,
                $"whether the guest could be woken again is not known: {e.Message}",
                "Find out why its monitor does not answer: qgactl vm show"
            );
        }
    }

    private static CallReply.Refused NoMachine(IHostKind kind) => new(
        CallRefusal.CannotWake,
        $"{kind.Advice.NoMachine.Reason}, and a sleeping guest is woken through the monitor alone",
        kind.Advice.NoMachine.Remedy);

    /// <returns>Returned with the run state that follows, as a JSON string.</returns>
    public static async Task<CallReply> WakeAsync(IHostKind kind, IMachine? machine)
    {
        if (machine is null) return NoMachine(kind);
        try
        {
            var before = await machine.StatusAsync(Answer);
            if (before is { Status: not "suspended" and var state })
                return new CallReply.Refused(
                    CallRefusal.NotSuspended,
                    $"the guest is not suspended: QEMU says {state}",
                    "There is nothing to wake; cont in its monitor continues a paused VM"
                );
            return await machine.WakeAsync(Answer) switch
            {
                WakeOutcome.Woken => new CallReply.Returned(RunStateJson(await machine.StatusAsync(Answer))),
                WakeOutcome.Refused r => new CallReply.Refused(
                    CallRefusal.CannotWake,
                    $"QEMU refuses to wake the guest: {r.Reason}",
                    "See its run state: qgactl vm show"
                ),
                WakeOutcome.NotSent n => new CallReply.Refused(
                    CallRefusal.Unreachable, n.Reason, "Find out why its monitor does not answer: qgactl vm show"),
                WakeOutcome.Unknown u =>
                    new CallReply.Unknown(u.Reason, "It may be awake: see qgactl vm show, and wake it again if it is not"),
                var other => throw new InvalidOperationException($"unexpected outcome {other}"),
            };
        }
        catch (MonitorException e)
        {
            return new CallReply.Refused(
                CallRefusal.Unreachable, e.Message, "Find out why its monitor does not answer: qgactl vm show");
        }
    }

    private static byte[] RunStateJson(MachineStatus? state) =>
        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(state?.Status ?? "unknown");
}
