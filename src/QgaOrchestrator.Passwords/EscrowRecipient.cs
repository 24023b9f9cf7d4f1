using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace QgaOrchestrator.Passwords;

/// <summary>
/// Who can open sealed passwords: the public key of a certificate. A node holds nothing else of a recipient; the private key is
/// an administrator's, or in a token.
/// </summary>
public sealed partial class EscrowRecipient
{
    /// <summary>In bits.</summary>
    public const int SmallestKey = 3072, LargestKey = 16384;

    internal const string NameForm = "a name is a letter or digit, then up to 63 letters, digits and . _ -";

    private const string RsaEncryption = "1.2.840.113549.1.1.1";

    private readonly byte[] _publicKey;

    private EscrowRecipient(string name, X509Certificate2 certificate, RSA key)
    {
        Name = name;
        Certificate = certificate.ExportCertificatePem();
        Fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();
        KeyIdentifier = KeyIdentifierOf(certificate);
        NotBefore = new DateTimeOffset(certificate.NotBefore.ToUniversalTime());
        NotAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        _publicKey = key.ExportSubjectPublicKeyInfo();
    }

    /// <summary>A letter or digit, then up to 63 letters, digits and . _ -</summary>
    public string Name { get; }

    /// <summary>PEM.</summary>
    public string Certificate { get; }

    /// <summary>SHA-256 of the certificate, 64 lower-case hexadecimal digits, as <c>openssl x509 -fingerprint -sha256</c> prints
    /// it with colons.</summary>
    public string Fingerprint { get; }

    /// <summary>The subject key identifier, in lower-case hexadecimal: what a sealed password names its recipients by.</summary>
    public string KeyIdentifier { get; }

    public DateTimeOffset NotBefore { get; }

    /// <summary>A certificate that has run out still opens: whoever adds recipients decides what it means.</summary>
    public DateTimeOffset NotAfter { get; }

    public static bool IsName(string name) => Names().IsMatch(name);

    /// <exception cref="PasswordException">The name or the certificate cannot be used; the message says why.</exception>
    public static EscrowRecipient Read(string name, string pem)
    {
        if (!IsName(name))
            throw Bad(name, $"This cannot be its name: {NameForm}");
        if (pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw Bad(name, "The text holds a private key. Keep it to yourself, and give the certificate alone.");
        using var certificate = Parse(name, pem);
        if (certificate.GetKeyAlgorithm() != RsaEncryption || certificate.GetRSAPublicKey() is not { } key)
            throw Bad(name, "The certificate's key is not RSA. Give one with an RSA key of 3072 bits or more.");
        using (key)
        {
            if (key.KeySize is < SmallestKey or > LargestKey)
                throw Bad(name, $"The certificate's RSA key has {key.KeySize} bits. It needs {SmallestKey} to {LargestKey}.");
            if (certificate.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is { } usage
                && !usage.KeyUsages.HasFlag(X509KeyUsageFlags.KeyEncipherment))
                throw Bad(name, $"The certificate's key usage is {usage.KeyUsages}. It must have keyEncipherment.");
            return new EscrowRecipient(name, certificate, key);
        }
    }

    /// <summary>As a recipient of what is sealed: for each sealing anew, since a key object serves one thread.</summary>
    internal byte[] Encrypt(ReadOnlySpan<byte> contentKey)
    {
        using var key = RSA.Create();
        key.ImportSubjectPublicKeyInfo(_publicKey, out _);
        return key.Encrypt(contentKey, RSAEncryptionPadding.OaepSHA256);
    }

    private static X509Certificate2 Parse(string name, string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            throw Bad(name, "The certificate cannot be read. Give it as PEM, in full.");
        }
        if (certificates.Count == 1)
            return certificates[0];
        foreach (var certificate in certificates) certificate.Dispose();
        throw Bad(
            name,
            certificates.Count == 0
                ? "The text holds no certificate. Give one as PEM: it begins with -----BEGIN CERTIFICATE-----"
                : $"The text holds {certificates.Count} certificates. Give the recipient's own alone.");
    }

    /// <summary>The certificate's extension, else the SHA-1 of the key, as RFC 5280 4.2.1.2 makes it.</summary>
    private static string KeyIdentifierOf(X509Certificate2 certificate)
    {
        var extension = certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()
            ?? new X509SubjectKeyIdentifierExtension(certificate.PublicKey, critical: false);
        return Convert.ToHexStringLower(extension.SubjectKeyIdentifierBytes.Span);
    }

    private static PasswordException Bad(string name, string why) => new(PasswordFault.Input, $"Escrow recipient {name}: {why}");

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z")]
    private static partial Regex Names();
}
