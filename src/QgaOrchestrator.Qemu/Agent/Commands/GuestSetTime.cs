namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Sets the guest's clock, and its hardware clock by hwclock or w32tm. An error may come with the clock already set: it tells
/// of hwclock, too.
/// </summary>
public static class GuestSetTime
{
    public const string Name = "guest-set-time";

    /// <summary>The time is absolute, so a repeat sets an old one.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(1, 5), RetryClass.Never, TimeoutClass.Medium)
    {
        Arguments = AgentJson.Default.SetTimeArguments,
    };

    /// <param name="time">From 1970 to 2069. Null: from the hardware clock (Linux), or from the time service (Windows).</param>
    public static AgentRequest Request(DateTimeOffset? time) => time is not { } at
        ? new(Name)
        : AgentJson.Request(
            Name,
            new(checked((at - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick)),
            AgentJson.Default.SetTimeArguments
        );
}

/// <param name="Time">Nanoseconds since 1970, UTC.</param>
internal sealed record SetTimeArguments(long? Time = null);
