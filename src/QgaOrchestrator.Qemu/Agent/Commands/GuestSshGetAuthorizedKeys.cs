namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The keys that may log in as a user: its ~/.ssh/authorized_keys. Without that file it is an error.</summary>
public static class GuestSshGetAuthorizedKeys
{
    public const string Name = "guest-ssh-get-authorized-keys";

    public static AgentCommand Spec { get; } = new(Name, new Version(5, 2), RetryClass.Safe, TimeoutClass.Quick)
    {
        Arguments = AgentJson.Default.AuthorizedKeysArguments,
        Returns = AgentJson.Default.GuestAuthorizedKeys,
        LargestReply = AgentCommand.ListReply,
    };

    public static AgentRequest Request(string username) =>
        AgentJson.Request(Name, new(username), AgentJson.Default.AuthorizedKeysArguments);

    public static GuestAuthorizedKeys Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.GuestAuthorizedKeys);
}

internal sealed record AuthorizedKeysArguments(string Username);

/// <param name="Keys">Its lines, without comments and empty ones.</param>
public sealed record GuestAuthorizedKeys(IReadOnlyList<string> Keys);
