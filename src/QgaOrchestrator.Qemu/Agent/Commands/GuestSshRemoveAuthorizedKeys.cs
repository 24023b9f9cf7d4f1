namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Takes keys from a user's ~/.ssh/authorized_keys.</summary>
public static class GuestSshRemoveAuthorizedKeys
{
    public const string Name = "guest-ssh-remove-authorized-keys";

    /// <summary>A key that is not there is no error.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(5, 2), RetryClass.Idempotent, TimeoutClass.Quick)
    {
        Arguments = AgentJson.Default.SshRemoveKeysArguments,
    };

    /// <param name="keys">Whole lines, as <see cref="GuestSshGetAuthorizedKeys"/> gives them.</param>
    public static AgentRequest Request(string username, IReadOnlyList<string> keys) =>
        AgentJson.Request(Name, new(username, keys), AgentJson.Default.SshRemoveKeysArguments);
}

internal sealed record SshRemoveKeysArguments(string Username, IReadOnlyList<string> Keys);
