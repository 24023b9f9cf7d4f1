using System.Buffers.Binary;
using System.Text;
using QgaOrchestrator.Cli.Commands;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>Which lines are authorized keys: as sshd reads them.</summary>
public sealed class AuthorizedKeyTests
{
    /// <summary>Made by ssh-keygen.</summary>
    private const string Ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBNiYfDJAlB4pVV8QMef7dhXShqH8phYohp6jTmamZLl alice",
        Ecdsa =
            "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBD9Pbd+JDEpjQzKwRfoL1FViM7yL"
                + "r+wVfpYqwkSsm++QnW3uPUvtduUkmke8Pnpg4AgLuIiD6hOFTJNiqz1NIQ0= bob",
        Certificate =
            "ssh-ed25519-cert-v01@openssh.com "
                + "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIH4Azp6cjPJ51N1IFuqvn4JDu7Km/zinEQWp33rBqdICAAAA"
                + "IBNiYfDJAlB4pVV8QMef7dhXShqH8phYohp6jTmamZLlAAAAAAAAAAAAAAABAAAAAmlkAAAACQAAAAVhbGljZQAAAAAAAAAA////"
                + "//////8AAAAAAAAAggAAABVwZXJtaXQtWDExLWZvcndhcmRpbmcAAAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAAAAAA"
                + "ABZwZXJtaXQtcG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJtaXQtdXNlci1yYwAAAAAAAAAAAAAA"
                + "aAAAABNlY2RzYS1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQQ/T23fiQxKY0MysEX6C9RVYjO8i6/sFX6WKsJErJvvkJ1t"
                + "7j1L7XblJJpHvD56YOAIC7iIg+oThUyTYqs9TSENAAAAZAAAABNlY2RzYS1zaGEyLW5pc3RwMjU2AAAASQAAACAisX5QO3VWQ6+i"
                + "3Gx40NRmznSBnsqI5irMb3fqcYcrcwAAACEA0+4g3wRxsJwOevOmUpd9SR8HMci+kymgjzjZp/1heBc= alice";

    [Theory]
    [InlineData("ssh-ed25519")]
    [InlineData("ssh-rsa")]
    [InlineData("ssh-dss")]
    [InlineData("ecdsa-sha2-nistp256")]
    [InlineData("ecdsa-sha2-nistp384")]
    [InlineData("ecdsa-sha2-nistp521")]
    [InlineData("sk-ssh-ed25519@openssh.com")]
    [InlineData("sk-ecdsa-sha2-nistp256@openssh.com")]
    [InlineData("webauthn-sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")]
    [InlineData("ssh-ed25519-cert-v01@openssh.com")]
    [InlineData("ssh-rsa-cert-v01@openssh.com")]
    [InlineData("ssh-dss-cert-v01@openssh.com")]
    [InlineData("ecdsa-sha2-nistp256-cert-v01@openssh.com")]
    [InlineData("ecdsa-sha2-nistp384-cert-v01@openssh.com")]
    [InlineData("ecdsa-sha2-nistp521-cert-v01@openssh.com")]
    [InlineData("sk-ssh-ed25519-cert-v01@openssh.com")]
    [InlineData("sk-ecdsa-sha2-nistp256-cert-v01@openssh.com")]
    public void Every_type_of_OpenSSH_is_taken_and_only_with_a_key_of_that_type(string type, string? inner = null)
    {
        Assert.Null(AuthorizedKey.Fault($"{type} {Blob(inner ?? type, "part")} alice@desk"));
        Assert.Null(AuthorizedKey.Fault($"restrict,from=\"10.0.0.0/8, !10.0.0.1\" {type} {Blob(inner ?? type, "part")}"));
        Assert.Contains(
            "its data is not of type",
            AuthorizedKey.Fault($"{type} {Blob("ssh-other", "part")}")!.Value.Why,
            StringComparison.Ordinal
        );
        Assert.Contains("cut short", AuthorizedKey.Fault($"{type} {Blob(inner ?? type)}")!.Value.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Ed25519)]
    [InlineData(Ecdsa)]
    [InlineData(Certificate)]
    [InlineData("cert-authority,principals=\"a,b\" " + Ed25519)]
    [InlineData("command=\"echo \\\"ssh-ed25519 x\\\" y\",No-Pty\t" + Ecdsa)]
    public void What_ssh_keygen_makes_is_taken_with_options_and_without(string line) => Assert.Null(AuthorizedKey.Fault(line));

    [Theory]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----", "private key")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----", "private key")]
    [InlineData("PuTTY-User-Key-File-3: ssh-ed25519", "private key")]
    [InlineData("---- BEGIN SSH2 PUBLIC KEY ----", "another format")]
    [InlineData("SHA256:ZzU8x1Lk1yWk9yRz2l3b6m4D2rXc4xJXl0E7q7u1wT4 alice", "a hash")]
    [InlineData("MD5:aa:bb:cc alice", "a hash")]
    [InlineData("$6$salt$hash", "a hash")]
    [InlineData("|1|c2FsdA==|aGFzaA== " + Ed25519, "no option of sshd")]
    [InlineData("db1.example " + Ed25519, "no option of sshd")]
    [InlineData("command=\"no end " + Ed25519, "no key of a type")]
    [InlineData("ssh-ed25519", "not base64")]
    [InlineData("ssh-ed25519 AAAAC3?? a", "not base64")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB==", "cut short")]
    [InlineData("ssh-ed448 AAAA", "no key of a type")]
    [InlineData("hello", "no key of a type")]
    public void Text_that_is_no_authorized_key_is_refused_with_the_reason(string line, string why) =>
        Assert.Contains(why, AuthorizedKey.Fault(line)?.Why ?? "", StringComparison.Ordinal);

    private static string Blob(params string[] parts)
    {
        var bytes = new List<byte>();
        foreach (var part in parts)
        {
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            bytes.AddRange([.. length, .. Encoding.ASCII.GetBytes(part)]);
        }
        return Convert.ToBase64String([.. bytes]);
    }
}
