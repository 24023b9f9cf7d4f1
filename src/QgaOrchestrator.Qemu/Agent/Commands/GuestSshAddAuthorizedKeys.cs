namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Lets keys log in as a user. Makes ~/.ssh (0700) and the file (0600) where they are not there.</summary>
public static class GuestSshAddAuthorizedKeys
{
    public const string Name = "guest-ssh-add-authorized-keys";

    /// <summary>A key that is there is not added twice. Keys are public ones: no secret.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(5, 2), RetryClass.Idempotent, TimeoutClass.Quick)
    {
        Arguments = AgentJson.Default.SshAddKeysArguments,
    };

    /// <param name="keys">Lines as OpenSSH has them, without newlines.</param>
    /// <param name="reset">True: all others are taken out.</param>
    public static AgentRequest Request(string username, IReadOnlyList<string> keys, bool? reset = null) =>
        AgentJson.Request(Name, new(username, keys, reset), AgentJson.Default.SshAddKeysArguments);
}

internal sealed record SshAddKeysArguments(string Username, IReadOnlyList<string> Keys, bool? Reset = null);
