using System.Security.Cryptography;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords.Tests;

public class EscrowKeyTests
{
    [SkippableFact]
    public async Task Openssl_opens_the_key_with_its_passphrase_and_finds_its_parameters()
    {
        Needs.Program("openssl");
        var opened = await Tool.RunAsync(
            "openssl", ["pkey", "-noout", "-text", "-passin", $"pass:{Keys.Passphrase}"], Keys.Ann.PrivateKey);
        Assert.Equal(0, opened.ExitCode);
        Assert.Contains("3072 bit", opened.Output, StringComparison.Ordinal);
        var parsed = (await Tool.RunAsync("openssl", ["asn1parse"], Keys.Ann.PrivateKey)).Output;
        Assert.Contains("INTEGER           :0927C0", parsed, StringComparison.Ordinal); // 600,000 rounds
        Assert.Contains("hmacWithSHA256", parsed, StringComparison.Ordinal);
        Assert.Contains("aes-256-cbc", parsed, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_certificate_is_that_of_a_recipient_and_its_key_is_the_private_one()
    {
        using var key = Keys.Open(Keys.Ann);
        var encrypted = Keys.OfAnn.Encrypt("x"u8);
        Assert.Equal("x"u8.ToArray(), key.Decrypt(encrypted, RSAEncryptionPadding.OaepSHA256));
    }

    [Fact]
    public void A_wrong_or_missing_passphrase_is_told()
    {
        Assert.True(EscrowKey.IsEncrypted(Keys.Ann.PrivateKey));
        using var wrong = Secret.Of("wrong horse battery");
        Fails(PasswordFault.Passphrase, "does not open", () => EscrowKey.Open(Keys.Ann.PrivateKey, wrong));
        Fails(PasswordFault.Passphrase, "is needed", () => EscrowKey.Open(Keys.Ann.PrivateKey, null));
    }

    [Fact]
    public void A_key_in_clear_is_opened_without_a_passphrase()
    {
        using var key = Keys.Open(Keys.Bob);
        foreach (var pem in new[] { key.ExportPkcs8PrivateKeyPem(), key.ExportRSAPrivateKeyPem() })
        {
            Assert.False(EscrowKey.IsEncrypted(pem));
            using var opened = EscrowKey.Open(pem, null);
            Assert.Equal(3072, opened.KeySize);
        }
    }

    [Fact]
    public void What_is_no_private_key_is_told()
    {
        Fails(PasswordFault.Input, "no private RSA key", () => EscrowKey.Open("nothing", null));
        Fails(PasswordFault.Input, "no private RSA key", () => EscrowKey.Open(Keys.Ann.Certificate, null));
    }

    [Fact]
    public void A_key_without_a_good_name_passphrase_or_size_is_not_made()
    {
        using Secret good = Secret.Of(Keys.Passphrase), empty = Secret.Of(""), shorter = Secret.Of("elevenchars");
        Fails(PasswordFault.Input, "needs 12 characters", () => EscrowKey.Create("x", empty, Keys.Now));
        Fails(PasswordFault.Input, "needs 12 characters", () => EscrowKey.Create("x", shorter, Keys.Now));
        Fails(PasswordFault.Input, "letter or digit", () => EscrowKey.Create("../x", good, Keys.Now));
        Fails(PasswordFault.Input, "3072 or 4096", () => EscrowKey.Create("x", good, Keys.Now, 2048));
    }

    private static void Fails(PasswordFault fault, string why, Func<object> act)
    {
        var failure = Assert.Throws<PasswordException>(act);
        Assert.Equal(fault, failure.Fault);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
    }
}
