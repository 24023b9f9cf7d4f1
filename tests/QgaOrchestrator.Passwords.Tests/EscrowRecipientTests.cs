using System.Security.Cryptography.X509Certificates;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.Passwords.Tests;

public class EscrowRecipientTests
{
    [SkippableFact]
    public async Task Fingerprint_and_key_identifier_are_those_that_openssl_prints()
    {
        Needs.Program("openssl");
        var recipient = EscrowRecipient.Read("ann", Keys.Ann.Certificate);
        var printed = await Tool.RunAsync(
            "openssl", ["x509", "-noout", "-fingerprint", "-sha256", "-ext", "subjectKeyIdentifier"], Keys.Ann.Certificate);
        var lines = printed.Output.Replace(":", "", StringComparison.Ordinal).Split('\n', StringSplitOptions.TrimEntries);
        Assert.Contains(lines, line => line.EndsWith($"Fingerprint={recipient.Fingerprint}", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(recipient.KeyIdentifier, lines, StringComparer.OrdinalIgnoreCase);
        Assert.Equal("ann", recipient.Name);
        Assert.Equal(Keys.Now, recipient.NotBefore);
        Assert.Equal(Keys.Now.AddYears(20), recipient.NotAfter);
    }

    [Fact]
    public void What_it_tells_of_its_certificate_can_be_read_again()
    {
        var again = EscrowRecipient.Read("ann", Keys.OfAnn.Certificate);
        Assert.Equal(Keys.OfAnn.Fingerprint, again.Fingerprint);
        Assert.Equal(Keys.OfAnn.KeyIdentifier, again.KeyIdentifier);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(X509KeyUsageFlags.KeyEncipherment)]
    [InlineData(X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DigitalSignature)]
    public void A_certificate_that_may_encrypt_keys_is_taken(X509KeyUsageFlags? usage) =>
        Assert.NotEmpty(EscrowRecipient.Read("x", Keys.Certificate(usage: usage)).KeyIdentifier);

    [Fact]
    public void A_certificate_without_an_identifier_gets_the_one_of_its_key() =>
        Assert.Equal(40, EscrowRecipient.Read("x", Keys.Certificate(hasIdentifier: false)).KeyIdentifier.Length);

    [Fact]
    public void Each_bad_certificate_has_an_error_of_its_own()
    {
        Fails("has 2048 bits. It needs 3072", Keys.Certificate(bits: 2048));
        Fails("is not RSA", Keys.CertificateOfCurve());
        Fails("must have keyEncipherment", Keys.Certificate(usage: X509KeyUsageFlags.DigitalSignature));
        Fails("holds 2 certificates", Keys.Ann.Certificate + "\n" + Keys.Bob.Certificate);
        Fails("holds a private key", Keys.Ann.Certificate + "\n" + Keys.Ann.PrivateKey);
        Fails("holds no certificate", "");
        Fails("holds no certificate", "MIIE");
        Fails("cannot be read", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----");
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData(".x")]
    [InlineData("a b")]
    [InlineData("x\n")]
    public void A_name_that_is_no_file_name_is_refused(string name)
    {
        Assert.False(EscrowRecipient.IsName(name));
        Assert.Contains(
            "a name is a letter or digit",
            Assert.Throws<PasswordException>(() => EscrowRecipient.Read(name, Keys.Ann.Certificate)).Message,
            StringComparison.Ordinal);
    }

    private static void Fails(string why, string pem)
    {
        var failure = Assert.Throws<PasswordException>(() => EscrowRecipient.Read("x", pem));
        Assert.Equal(PasswordFault.Input, failure.Fault);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("Escrow recipient x: ", failure.Message, StringComparison.Ordinal);
    }
}
