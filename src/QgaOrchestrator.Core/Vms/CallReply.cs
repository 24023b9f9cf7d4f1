namespace QgaOrchestrator.Core.Vms;

/// <summary>Options of a caller's own agent command; null: the command's default.</summary>
public sealed record CallOptions(TimeSpan? Timeout = null, TimeSpan? Lease = null, bool Force = false)
{
    /// <summary>The caller's role only reads: it may shorten a command's time-out, not lengthen it.</summary>
    public bool ReadsOnly { get; init; }
}

/// <summary>The limits of a call that asked for longer ones; null: the caller got what it asked for.</summary>
public sealed record CallClamp(TimeSpan? Timeout, TimeSpan? Lease);

/// <summary>Why a call was not answered by the agent. Each maps to one HTTP status.</summary>
public enum CallRefusal
{
    /// <summary>The agent does not know the command.</summary>
    UnknownCommand,
    /// <summary>The policy of the VM's host never allows it.</summary>
    Denied,
    /// <summary>The agent has it disabled: by the guest's administrator, or because it does not fit the guest's system.</summary>
    Disabled,
    /// <summary>The guest is frozen, or a window is open or closing.</summary>
    Frozen,
    /// <summary>The channel's queue is full.</summary>
    QueueFull,
    /// <summary>No agent answers, or its VM or host is not there.</summary>
    Unreachable,
    /// <summary>The VM has no agent to ask: its name is invalid, it has no agent socket, or it is not there.</summary>
    NoAgent,
    /// <summary>Arguments or options are wrong.</summary>
    BadArguments,
    /// <summary>The thaw of a guest that somebody else froze needs force.</summary>
    NotOurs,
    /// <summary>A guest that suspends itself to memory could not be woken again.</summary>
    CannotWake,
    /// <summary>Only a suspended guest is woken.</summary>
    NotSuspended,
}

/// <summary>What ended the wait for a command that an agent does not answer on success.</summary>
/// <param name="By">event, port or timeout.</param>
/// <param name="Event">The monitor's event, as in SHUTDOWN.</param>
public sealed record CallCompletion(string By, string? Event = null)
{
    /// <summary>QEMU reported what the command does.</summary>
    public static CallCompletion ByEvent(string name) => new("event", name);

    /// <summary>QEMU ended, or (at a shutdown) the agent closed its port.</summary>
    public static CallCompletion Port { get; } = new("port");

    /// <summary>It was sent and not refused, and nothing showed in time that the guest obeyed: it may still do so.</summary>
    public static CallCompletion Timeout { get; } = new("timeout");
}

/// <summary>How a caller's own agent command ended.</summary>
public abstract record CallReply
{
    private CallReply() { }

    /// <summary>Set where the call was given less than its caller asked for.</summary>
    public CallClamp? Clamped { get; init; }

    /// <summary>What the caller must know besides, a sentence or more; null: nothing.</summary>
    public string? Warning { get; init; }

    /// <summary>The value of the agent's "return" member, UTF-8 JSON.</summary>
    public sealed record Returned(ReadOnlyMemory<byte> Json) : CallReply
    {
        /// <summary>Set where the agent sends no reply on success.</summary>
        public CallCompletion? Completed { get; init; }
    }

    /// <summary>The agent's own error.</summary>
    /// <param name="Class">Null where it was lost on its way (libvirt).</param>
    /// <param name="Description">The agent's words.</param>
    public sealed record AgentFailed(string? Class, string Description) : CallReply
    {
        /// <summary>The error as a text.</summary>
        public string Words => Class is null ? Description : $"{Class}: {Description}";

        /// <summary>From the words of the guest's system (strerror), which the agent passes on.</summary>
        public string WhatToDo() => this switch
        {
            { Class: "CommandNotFound" } => "guest-info lists the commands that this agent knows",
            _ when Mentions("No space left on device") || Mentions("Disk quota exceeded") =>
                "Make room in that file system of the guest",
            _ when Mentions("Read-only file system") =>
                "See why the guest mounted it read-only: its kernel's log tells of a disk that failed",
            _ when Mentions("Permission denied") || Mentions("Operation not permitted") =>
                "qemu-ga runs as root: see what confines it in the guest, SELinux, AppArmor or its own unit",
            _ when Mentions("No such file or directory") => "Name it by its whole path in the guest",
            _ => "See the guest's qemu-ga log",
        };

        private bool Mentions(string words) => Description.Contains(words, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Not executed.</summary>
    public sealed record Refused(CallRefusal Why, string Reason, string Remedy) : CallReply;

    /// <summary>Sent and not answered: it may have been executed.</summary>
    public sealed record Unknown(string Reason, string Remedy) : CallReply;
}
