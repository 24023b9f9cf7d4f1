namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Who is logged in; one entry a user, with its earliest login.</summary>
public static class GuestGetUsers
{
    public const string Name = "guest-get-users";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 10), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.IReadOnlyListGuestUser,
        LargestReply = AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static IReadOnlyList<GuestUser> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestUser);
}

/// <param name="LoginTime">Seconds since 1970, UTC, with a fraction.</param>
/// <param name="Domain">Windows only.</param>
public sealed record GuestUser(string User, double LoginTime, string? Domain = null);
