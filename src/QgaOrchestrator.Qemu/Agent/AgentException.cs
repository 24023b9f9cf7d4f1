namespace QgaOrchestrator.Qemu.Agent;

/// <summary>An agent that could not be reached, or that did not return what it was asked for; the message says why.</summary>
/// <param name="outcome">What became of the call; null where there was none yet, since no agent answered.</param>
public sealed class AgentException(string message, AgentOutcome? outcome = null) : Exception(message)
{
    public AgentOutcome? Outcome { get; } = outcome;

    /// <summary>The agent's own error: it has not done what was asked. Null where it said nothing.</summary>
    public AgentError? Error => (Outcome as AgentOutcome.Refused)?.Error;

    /// <summary>The request was written and no reply came: it may have been executed, or may be still.</summary>
    public bool MayHaveHappened => Outcome is AgentOutcome.Unknown;
}
