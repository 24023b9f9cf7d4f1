using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>A sync as a command like any other, on a link that is in sync: it shows that the agent is there.</summary>
internal static class SyncCall
{
    public static async Task<ConfirmOutcome> AskAsync(IAgent agent, long id, TimeSpan timeout) =>
        await agent.CallAsync(GuestSyncDelimited.Request(id), timeout).ConfigureAwait(false) switch
        {
            AgentOutcome.Returned returned =>
                returned.Json.TryRead(GuestSyncDelimited.Read, out var answered, out _) && answered == id
                    ? new(true)
                    : new(false, "the agent answered another sync"),
            AgentOutcome.Refused refused => new(false, refused.Error.Description),
            AgentOutcome.NotSent notSent => new(false, notSent.Reason),
            AgentOutcome.Unknown unknown => new(false, unknown.Reason),
            var other => throw new InvalidOperationException($"unexpected outcome {other}"),
        };
}
