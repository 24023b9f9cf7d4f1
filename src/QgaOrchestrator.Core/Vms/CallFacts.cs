namespace QgaOrchestrator.Core.Vms;

/// <summary>A caller's agent command, and what has been learned about it so far.</summary>
public sealed record CallFacts(string Command, CallOptions Options, CallLimits Limits)
{
    /// <summary>The node's Policy.Deny names it.</summary>
    public bool Denied { get; init; }

    /// <summary>The integer "id" of its arguments.</summary>
    public long? Id { get; init; }

    /// <summary>The agent listed it as disabled or not at all when it was last asked. What we do not know ourselves is not in
    /// doubt: it may be newer than we are, and the agent refuses it by itself.</summary>
    public bool InDoubt { get; init; }

    /// <summary>Why this agent is too old for the arguments; null: it is not.</summary>
    public string? TooNew { get; init; }

    /// <summary>The agent sends no reply on success.</summary>
    public bool Silent { get; init; }

    /// <summary>What the agent answered when it was asked for this call; null: not asked.</summary>
    public CommandSupport? Support { get; init; }

    /// <summary>Why the guest could not be woken afterwards; null: it could, or nobody asked.</summary>
    public CallReply.Refused? CannotWake { get; init; }

    /// <summary>Whether the guest says frozen although no window of ours is open; null: not asked for this call.</summary>
    public bool? FrozenByOthers { get; init; }
}

/// <summary>Whether an agent takes a command, asked just now.</summary>
public abstract record CommandSupport
{
    private CommandSupport() { }

    public sealed record Offered : CommandSupport;

    /// <param name="Agent">Its version.</param>
    /// <param name="Since">The QEMU version that brought the command, where this agent is older.</param>
    /// <param name="IsKnown">We know of such a command.</param>
    public sealed record Lacking(string Agent, string? Since, bool IsKnown) : CommandSupport;

    public sealed record Disabled : CommandSupport;

    /// <summary>Disabled because the guest is frozen, and not by us.</summary>
    public sealed record FrozenByOthers : CommandSupport;

    /// <summary>It answered what nobody understands: it refuses the command by itself, or takes it.</summary>
    public sealed record NotUnderstood(string Reason) : CommandSupport;

    /// <summary>It did not answer.</summary>
    public sealed record NotTold(CallReply Reply) : CommandSupport;
}

/// <summary>What decides about calls to a VM now.</summary>
/// <param name="Vm">Its name.</param>
/// <param name="Host">Its host's name.</param>
public sealed record VmCondition(string Vm, string Host)
{
    /// <summary>Why there is no agent to ask; null: there is one.</summary>
    public CallReply.Refused? NoAgent { get; init; }

    /// <summary>The window that has the channel, or is about to.</summary>
    public string? Window { get; init; }

    /// <summary>The window has the channel: the guest may be frozen by us.</summary>
    public bool WindowIsOpen { get; init; }

    /// <summary>The guest may be frozen and does not answer its thaw.</summary>
    public bool Quarantined { get; init; }

    /// <summary>The VM is paused by its operator.</summary>
    public bool Paused { get; init; }

    /// <summary>The guest sleeps in its memory.</summary>
    public bool Suspended { get; init; }

    /// <summary>What to do about an agent that said why it does not take part; null: it did not.</summary>
    public string? AgentRemedy { get; init; }
}

/// <summary>Where a command waits for the channel.</summary>
public enum Lane
{
    Queue,

    /// <summary>Ahead of the queue, and never refused because the queue is full.</summary>
    Status,

    /// <summary>The same, and it is sent behind the command in flight.</summary>
    Thaw,
}

/// <summary>What is to be done with a caller's agent command.</summary>
public abstract record CallVerdict
{
    private CallVerdict() { }

    /// <summary>Send it; the agent's reply is the caller's.</summary>
    public sealed record Send(Lane Lane) : CallVerdict;

    /// <summary>Send it, and end by what shows that the guest obeyed.</summary>
    public sealed record SendSilent : CallVerdict;

    /// <summary>Open a window: in the ledger, with a lease, guarded by the watchdog.</summary>
    public sealed record Freeze : CallVerdict;

    /// <summary>The open window thaws, and then answers.</summary>
    public sealed record ThawWindow : CallVerdict;

    /// <summary>The open window answers whether its guest is frozen.</summary>
    public sealed record AskWindow : CallVerdict;

    /// <summary>Ask the agent whether it takes the command, then decide again.</summary>
    /// <param name="AndMonitor">Also ask the monitor whether it could wake the guest.</param>
    public sealed record AskAgent(bool AndMonitor) : CallVerdict;

    /// <summary>Ask the guest whether it is frozen, then decide again.</summary>
    public sealed record AskStatus : CallVerdict;

    /// <summary>The caller's answer; nothing is sent.</summary>
    public sealed record Answer(CallReply Reply) : CallVerdict;
}
