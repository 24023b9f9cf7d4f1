using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>
/// The thaw, the one path that node, watchdog and qgactl share. A freeze is settled only when a sync was answered after it
/// (the agent is serial: nothing older can still execute), at least one thaw was sent and answered whatever the status said
/// (a freeze that returned 0 has run the hooks, a restarted agent may have forgotten), and fsfreeze-status says thawed.
/// </summary>
public static class Settlement
{
    /// <summary>From a round's end to the next one's connect.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>For a round's sync, and for status: an agent that is there answers them at once.</summary>
    public static readonly TimeSpan SyncTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// For thaw: the agent has just answered a sync, so it is there and runs its hooks or waits for VSS. Giving up earlier
    /// would thaw no sooner, the agent being serial, and would lose the count, which is part of the proof.
    /// </summary>
    public static readonly TimeSpan ThawTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Thaws on a link that is open and has answered a sync since the freeze was sent.</summary>
    /// <param name="uncounted">An earlier thaw of this freeze went unanswered.</param>
    public static async Task<ThawOutcome> ThawAsync(IAgent agent, TimeProvider time, bool uncounted = false)
    {
        ArgumentNullException.ThrowIfNull(agent);
        ArgumentNullException.ThrowIfNull(time);

        var sent = time.GetTimestamp();
        var thaw = await agent.CallAsync(GuestFsfreezeThaw.Request, ThawTimeout).ConfigureAwait(false);
        if (thaw is AgentOutcome.NotSent notSent)
            return new ThawOutcome.NotSettled($"thaw was not sent: {notSent.Reason}", uncounted);
        if (thaw is AgentOutcome.Unknown unknown)
            return new ThawOutcome.NotSettled($"thaw was not answered: {unknown.Reason}", CountLost: true);
        var answered = (Timestamp: time.GetTimestamp(), At: time.GetUtcNow());

        // An error says nothing about the guest: a failed hook errors on thawed file systems, and VSS that expired too.
        var status = await agent.CallAsync(GuestFsfreezeStatus.Request, SyncTimeout).ConfigureAwait(false);
        var error = (thaw as AgentOutcome.Refused)?.Error.ToString();
        var thawed = thaw is AgentOutcome.Returned counted ? Count(counted) : null;
        var countLost = uncounted || error is null; // the next thaw counts only what this one left
        switch (status)
        {
            case AgentOutcome.Returned returned when IsThawed(returned):
                if (error is not null)
                    answered = (time.GetTimestamp(), time.GetUtcNow());
                return new ThawOutcome.Settled(uncounted ? null : thawed, error, sent, answered.Timestamp, answered.At);
            case AgentOutcome.Returned odd when !odd.Json.TryRead(GuestFsfreezeStatus.Read, out _, out var why):
                return new ThawOutcome.NotSettled($"whether it is thawed is not known: {why}", countLost);
            case AgentOutcome.Returned:
                return new ThawOutcome.NotSettled(
                    $"still frozen after thaw, which {(error is null ? $"counted {thawed}" : $"failed: {error}")}", countLost);
            case AgentOutcome.Refused refused:
                return new ThawOutcome.NotSettled(
                    $"status was refused: {refused.Error}; thaw: {error ?? "answered"}",
                    countLost,
                    NotOffered: error is not null
                );
            default:
                return new ThawOutcome.NotSettled($"status was not answered: {status}", countLost);
        }
    }

    /// <summary>
    /// One round: a sync, then the thaw. On a link that is open it goes out there, behind a command in flight for as long as
    /// that may take: a link that is closed leaves the socket to whoever queues for it. Where that sync is not answered, and
    /// where no link is open, one is opened anew. Its caller waits <see cref="Pause"/> before the next round, and goes on until
    /// it is settled or the guest's QEMU process is gone.
    /// </summary>
    public static async Task<ThawOutcome> RoundAsync(IAgent agent, TimeProvider time, bool uncounted = false)
    {
        ArgumentNullException.ThrowIfNull(agent);
        if (agent.IsOpen && await agent.ResyncAsync(SyncTimeout).ConfigureAwait(false) is { InSync: true })
            return await ThawAsync(agent, time, uncounted).ConfigureAwait(false);
        agent.Close();
        return await agent.OpenToThawAsync(SyncTimeout).ConfigureAwait(false) switch
        {
            OpenOutcome.Ready => await ThawAsync(agent, time, uncounted).ConfigureAwait(false),
            OpenOutcome.NoSocket none => new ThawOutcome.NotSettled($"no socket: {none.Reason}", uncounted),
            OpenOutcome.NoAnswer silent => new ThawOutcome.NotSettled(silent.Reason, uncounted),
            var other => throw new InvalidOperationException($"Unknown outcome of open: {other}"),
        };
    }

    private static long? Count(AgentOutcome.Returned reply) =>
        reply.Json.TryRead(GuestFsfreezeThaw.Read, out var count, out _) ? count : null;

    private static bool IsThawed(AgentOutcome.Returned reply) =>
        reply.Json.TryRead(GuestFsfreezeStatus.Read, out var status, out _) && status == FreezeStatus.Thawed;
}
