using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>What may be done about a command whose outcome is unknown.</summary>
public enum RetryClass
{
    /// <summary>It changes nothing that matters: repeat it.</summary>
    Safe,

    /// <summary>It changes the guest, and a repeat leads to the same end.</summary>
    Idempotent,

    /// <summary>Look first: the guest's state tells whether it happened.</summary>
    Check,

    /// <summary>A repeat would do harm or tell something else; its outcome stays unknown.</summary>
    Never,
}

/// <summary>How long to wait for the reply, by what the agent has to do for it.</summary>
public enum TimeoutClass
{
    /// <summary>Answered from memory or a few small files.</summary>
    Quick,

    /// <summary>A helper process, a hook, a large reply: seconds.</summary>
    Medium,

    /// <summary>Work on whole file systems: minutes.</summary>
    Long,

    /// <summary>As configured in Freeze.Timeout: it bounds how long a guest may be on its way to being frozen.</summary>
    Freeze,

    /// <summary>Success is not answered, an error may be; an event or the end of QEMU tells more.</summary>
    NoReply,
}

/// <summary>A <paramref name="Member"/> that takes words since a version, and <paramref name="Instead"/> ever since.</summary>
public sealed record NewerWords(string Member, Version Since, string Instead);

/// <summary>What must be known of a command before it is sent.</summary>
/// <param name="Since">The first QEMU version with it, on Linux. A hint: guest-info tells what this agent has.</param>
public sealed record AgentCommand(string Name, Version Since, RetryClass Retry, TimeoutClass Timeout)
{
    /// <summary>A frozen agent refuses all but six commands.</summary>
    public bool WhileFrozen { get; init; }

    /// <summary>False: 'success-response' is false in the schema, so no reply is the expected reply.</summary>
    public bool Answered => Timeout != TimeoutClass.NoReply;

    /// <summary>Arguments that are neither logged, audited nor journalled, nor taken from a command line.</summary>
    public IReadOnlyList<string> SecretArguments { get; init; } = [];

    /// <summary>An argument that takes a word in newer agents alone; null where there is none.</summary>
    public NewerWords? Words { get; init; }

    /// <summary>Bytes of the longest line that answers it; a longer one is not read. An error must fit, too.</summary>
    public int LargestReply { get; init; } = SmallReply;

    /// <summary>The same where the arguments say how much is asked for.</summary>
    internal Func<ReadOnlyMemory<byte>, int>? LargestReplyBy { get; init; }

    public int LargestReplyTo(ReadOnlyMemory<byte> arguments) => LargestReplyBy?.Invoke(arguments) ?? LargestReply;

    /// <summary>A value or a few, or an error with what a helper program said.</summary>
    internal const int SmallReply = 64 << 10;

    /// <summary>A list of what a guest has many of.</summary>
    internal const int ListReply = 4 << 20;

    /// <summary>The record that is sent; null where the command takes none, or is not listed.</summary>
    internal JsonTypeInfo? Arguments { get; init; }

    /// <summary>What is read; null where the agent answers {} or nothing.</summary>
    internal JsonTypeInfo? Returns { get; init; }

    /// <summary>The longest wait that a caller may name: a thaw may have to wait behind the command for as long.</summary>
    public TimeSpan LongestTimeout => Timeout switch
    {
        TimeoutClass.Quick => TimeSpan.FromSeconds(30),
        TimeoutClass.Medium => TimeSpan.FromMinutes(2),
        TimeoutClass.Long => TimeSpan.FromMinutes(10),
        // A node knows better, by its config and the guest's system.
        TimeoutClass.Freeze => TimeSpan.FromSeconds(75),
        TimeoutClass.NoReply => TimeSpan.FromMinutes(1),
        _ => throw new InvalidOperationException($"no time-out for {Timeout}"),
    };

    /// <summary>The wait where the caller names none.</summary>
    /// <param name="freezeTimeout">Freeze.Timeout of this guest.</param>
    public TimeSpan DefaultTimeout(TimeSpan freezeTimeout) => Timeout switch
    {
        TimeoutClass.Quick => TimeSpan.FromSeconds(5),
        TimeoutClass.Medium => TimeSpan.FromSeconds(30),
        TimeoutClass.Long => TimeSpan.FromMinutes(10),
        TimeoutClass.Freeze => freezeTimeout,
        // The agent waits for its helper, so an error may take seconds.
        TimeoutClass.NoReply => TimeSpan.FromSeconds(10),
        _ => throw new InvalidOperationException($"no time-out for {Timeout}"),
    };
}
