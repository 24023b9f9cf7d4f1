using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Sets the password of a user that the guest knows, by chpasswd, pw or NetUserSetInfo.</summary>
public static class GuestSetUserPassword
{
    public const string Name = "guest-set-user-password";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 3), RetryClass.Idempotent, TimeoutClass.Medium)
    {
        Arguments = AgentJson.Default.SetUserPasswordArguments,
        SecretArguments = ["password"],
    };

    /// <param name="username">Without colon or newline.</param>
    /// <param name="password">In clear without a newline, or a crypt(3) hash.</param>
    /// <param name="crypted">It is a hash, which Windows refuses.</param>
    /// <returns>Whoever has sent it disposes its <see cref="AgentRequest.Holder"/>.</returns>
    public static AgentRequest Request(string username, Secret password, bool crypted)
    {
        ArgumentNullException.ThrowIfNull(password);
        return AgentJson.Request(
            Name,
            [.. "{\"username\":"u8, .. JsonSerializer.SerializeToUtf8Bytes(username, AgentJson.Default.String),
             .. ",\"password\":\""u8],
            password,
            crypted ? [.. "\",\"crypted\":true}"u8] : [.. "\",\"crypted\":false}"u8]);
    }
}

internal sealed record SetUserPasswordArguments(
    string Username, [property: JsonConverter(typeof(SecretBase64Converter))] Secret Password, bool Crypted);
