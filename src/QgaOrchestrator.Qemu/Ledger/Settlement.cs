using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>
/// The thaw of one freeze, the one path that node, watchdog and qgactl share. A freeze is settled only when a sync was answered
/// after it (the agent is serial: nothing older can still execute), at least one thaw was sent and answered whatever the status
/// said (a freeze that returned 0 has run the hooks, a restarted agent may have forgotten), and fsfreeze-status says thawed.
/// Where the way to the agent may hold a command back, that has to be so for as long as it may (<see cref="IAgent.Lingering"/>).
/// </summary>
/// <param name="time">Clock.</param>
/// <param name="freezeUnseen">The freeze was sent, or may have been, by a process that has ended or on a link that was lost, and
/// nobody has seen its reply.</param>
public sealed class Settlement(TimeProvider time, bool freezeUnseen = false)
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

    private readonly long _begun = time.GetTimestamp();

    /// <summary>A thaw was sent and its count cannot be used: a later one counts only what that left.</summary>
    private bool _countLost;

    /// <summary>The guest was thawed, and looks go on until no freeze can come any more.</summary>
    private ThawOutcome.Settled? _thawed;

    /// <summary>Thaws on a link that is open and has answered a sync since the freeze was sent.</summary>
    public async Task<ThawOutcome> ThawAsync(IAgent agent)
    {
        ArgumentNullException.ThrowIfNull(agent);

        var sent = time.GetTimestamp();
        var thaw = await agent.CallAsync(GuestFsfreezeThaw.Request, ThawTimeout).ConfigureAwait(false);
        if (thaw is AgentOutcome.NotSent notSent)
            return new ThawOutcome.NotSettled($"thaw was not sent: {notSent.Reason}");
        var uncounted = _countLost;
        // The next thaw counts only what this one left.
        _countLost |= thaw is AgentOutcome.Unknown or AgentOutcome.Returned;
        if (thaw is AgentOutcome.Unknown unknown)
            return new ThawOutcome.NotSettled($"thaw was not answered: {unknown.Reason}");
        var answered = (Timestamp: time.GetTimestamp(), At: time.GetUtcNow());

        // An error says nothing about the guest: a failed hook errors on thawed file systems, and VSS that expired too.
        var status = await agent.CallAsync(GuestFsfreezeStatus.Request, SyncTimeout).ConfigureAwait(false);
        var error = (thaw as AgentOutcome.Refused)?.Error.ToString();
        var thawed = thaw is AgentOutcome.Returned counted ? Count(counted) : null;
        switch (status)
        {
            case AgentOutcome.Returned returned when IsThawed(returned):
                if (error is not null)
                    answered = (time.GetTimestamp(), time.GetUtcNow());
                return Settle(
                    agent, new(uncounted ? null : thawed, error, sent, answered.Timestamp, answered.At));
            case AgentOutcome.Returned odd when !odd.Json.TryRead(GuestFsfreezeStatus.Read, out _, out var why):
                return new ThawOutcome.NotSettled($"whether it is thawed is not known: {why}");
            case AgentOutcome.Returned:
                return new ThawOutcome.NotSettled(
                    $"still frozen after thaw, which {(error is null ? $"counted {thawed}" : $"failed: {error}")}");
            case AgentOutcome.Refused refused:
                return new ThawOutcome.NotSettled(
                    $"status was refused: {refused.Error}; thaw: {error ?? "answered"}", NotOffered: error is not null);
            default:
                return new ThawOutcome.NotSettled($"status was not answered: {status}");
        }
    }

    /// <summary>
    /// One round: a sync, then the thaw. On a link that is open it goes out there, behind a command in flight for as long as
    /// that may take: a link that is closed leaves the socket to whoever queues for it. Where that sync is not answered, and
    /// where no link is open, one is opened anew. Its caller waits <see cref="Pause"/> before the next round, and goes on until
    /// it is settled or the guest's QEMU process is gone.
    /// </summary>
    public async Task<ThawOutcome> RoundAsync(IAgent agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        if (agent.IsOpen && await agent.ResyncAsync(SyncTimeout).ConfigureAwait(false) is { InSync: true })
            return await LookOrThawAsync(agent).ConfigureAwait(false);
        agent.Close();
        return await agent.OpenToThawAsync(SyncTimeout).ConfigureAwait(false) switch
        {
            OpenOutcome.Ready => await LookOrThawAsync(agent).ConfigureAwait(false),
            OpenOutcome.NoSocket none => new ThawOutcome.NotSettled($"no socket: {none.Reason}"),
            OpenOutcome.NoAnswer silent => new ThawOutcome.NotSettled(silent.Reason),
            var other => throw new InvalidOperationException($"Unknown outcome of open: {other}"),
        };
    }

    /// <summary>A guest that was thawed is only looked at: each thaw would run its hooks again.</summary>
    private async Task<ThawOutcome> LookOrThawAsync(IAgent agent)
    {
        if (_thawed is not { } thawed) return await ThawAsync(agent).ConfigureAwait(false);
        var status = await agent.CallAsync(GuestFsfreezeStatus.Request, SyncTimeout).ConfigureAwait(false);
        if (status is AgentOutcome.Returned returned && IsThawed(returned))
            return Settle(agent, thawed with { ThawedTimestamp = time.GetTimestamp(), At = time.GetUtcNow() });
        _thawed = null;
        return status is AgentOutcome.Returned
            ? await ThawAsync(agent).ConfigureAwait(false)
            : new ThawOutcome.NotSettled($"status was not answered: {status}");
    }

    private ThawOutcome Settle(IAgent agent, ThawOutcome.Settled thawed)
    {
        var left = freezeUnseen ? agent.Lingering - time.GetElapsedTime(_begun) : TimeSpan.Zero;
        if (left <= TimeSpan.Zero) return thawed;
        _thawed = thawed;
        return new ThawOutcome.NotSettled(
            $"it is thawed now; its freeze, whose sender has ended, may reach it up to {agent.Lingering.TotalSeconds:0} s late",
            MayFreezeYet: true);
    }

    private static long? Count(AgentOutcome.Returned reply) =>
        reply.Json.TryRead(GuestFsfreezeThaw.Read, out var count, out _) ? count : null;

    private static bool IsThawed(AgentOutcome.Returned reply) =>
        reply.Json.TryRead(GuestFsfreezeStatus.Read, out var status, out _) && status == FreezeStatus.Thawed;
}
