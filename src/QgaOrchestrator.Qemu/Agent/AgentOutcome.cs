namespace QgaOrchestrator.Qemu.Agent;

/// <summary>A command as it goes on the wire. <paramref name="Arguments"/> is a UTF-8 JSON object, or empty for none.</summary>
public sealed record AgentRequest(string Command, ReadOnlyMemory<byte> Arguments = default)
{
    /// <summary>Keeps the link when the reply is overdue, so that it can still be harvested. Only a freeze wants this.</summary>
    public bool KeepLinkWhenOverdue { get; init; }

    /// <summary>
    /// What <see cref="Arguments"/> lie in where they hold a secret, else null. Whoever has the request sent disposes it once the
    /// command has ended. What the guest says to such a command is withheld: see <see cref="Sockets.WithheldReply"/>.
    /// </summary>
    public Secret? Holder { get; private init; }

    /// <summary>A request that holds a secret.</summary>
    /// <param name="arguments">A UTF-8 JSON object. It is the request's from now on.</param>
    public static AgentRequest Secretly(string command, Secret arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return new(command, arguments.RevealMemory()) { Holder = arguments };
    }

    /// <summary>The command only: arguments may hold a secret.</summary>
    public override string ToString() => Command;
}

/// <summary>What became of a call. A time-out never means that it did not happen.</summary>
public abstract record AgentOutcome
{
    private AgentOutcome() { }

    /// <summary>The agent answered; <paramref name="Json"/> is the value of its "return" member, UTF-8.</summary>
    public sealed record Returned(ReadOnlyMemory<byte> Json) : AgentOutcome
    {
        public override string ToString() => $"return of {Json.Length} bytes";
    }

    /// <summary>The agent answered with an error: it has not done what was asked.</summary>
    public sealed record Refused(AgentError Error) : AgentOutcome;

    /// <summary>The request has not reached the agent, and never will.</summary>
    public sealed record NotSent(string Reason) : AgentOutcome
    {
        /// <summary>What to do, a sentence without its full stop; null: it depends.</summary>
        public string? Remedy { get; init; }
    }

    /// <summary>The request was written, and no reply came: it may have happened.</summary>
    public sealed record Unknown(string Reason) : AgentOutcome
    {
        public WaitEnd By { get; init; }
    }
}

/// <summary>What ended the wait for a reply that did not come.</summary>
public enum WaitEnd
{
    /// <summary>The link's owner closed it, or the request was not even taken.</summary>
    Other,

    /// <summary>The time-out, after the whole request had been written.</summary>
    TimedOut,

    /// <summary>The answer to a sync that went out behind it: the agent has ended it and said nothing.</summary>
    Passed,

    /// <summary>The link, after the whole request had been written: QEMU ended or closed its socket.</summary>
    LinkLost,
}

/// <summary>An agent's error. The class is GenericError or CommandNotFound since QEMU 1.2, and null where it was lost on its
/// way (libvirt); the text is not stable.</summary>
public sealed record AgentError(string? Class, string Description)
{
    /// <summary>Unknown to the agent, disabled in it, or refused while frozen (since QEMU 4.2): guest-info tells which.</summary>
    public bool IsCommandNotFound => Class == "CommandNotFound";

    /// <summary>The answer to a 0xFF, which is no JSON (QEMU, qobject/json-parser.c; before 2.9 "Invalid JSON syntax").</summary>
    public bool IsParseError =>
        Description.StartsWith("JSON parse error", StringComparison.Ordinal) || Description.StartsWith(
            "Invalid JSON syntax", StringComparison.Ordinal);

    public override string ToString() => Class is null ? Description : $"{Class}: {Description}";
}

/// <summary>How an <see cref="IAgent.OpenAsync"/> ended.</summary>
public abstract record OpenOutcome
{
    private OpenOutcome() { }

    /// <summary>What to do, a sentence without its full stop; null: it is open, or it depends.</summary>
    public string? Remedy { get; init; }

    /// <summary>The sync was answered.</summary>
    public sealed record Ready : OpenOutcome;

    /// <summary>There is no socket, or nobody listens on it: QEMU is not running.</summary>
    public sealed record NoSocket(string Reason) : OpenOutcome;

    /// <summary>Connected, but the sync was not answered in time: no agent, a hung one, or another client holds the
    /// socket.</summary>
    public sealed record NoAnswer(string Reason) : OpenOutcome
    {
        /// <summary>An agent is there and answered the sync with an error; null: it said nothing.</summary>
        public AgentError? Refusal { get; init; }
    }
}

/// <summary>How an <see cref="IAgent.ResyncAsync"/> ended.</summary>
/// <param name="InSync">The sync behind the request was answered.</param>
/// <param name="Late">The reply of an overdue freeze, where exactly one line came before the sync's.</param>
public sealed record ResyncOutcome(bool InSync, AgentOutcome? Late, string Reason = "");

/// <summary>How an <see cref="IAgent.ConfirmAsync"/> ended.</summary>
/// <param name="IsThere">The sync was answered.</param>
/// <param name="Reason">Why not.</param>
public sealed record ConfirmOutcome(bool IsThere, string Reason = "");
