using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords;

/// <summary>A recipient's key pair, made and opened where its holder works: never on a node.</summary>
/// <param name="Certificate">PEM: what nodes get.</param>
/// <param name="PrivateKey">PEM, encrypted with the passphrase: PKCS #8, AES-256-CBC, PBKDF2 with SHA-256 and 600,000
/// rounds. openssl opens it.</param>
public sealed record EscrowKey(string Certificate, string PrivateKey)
{
    /// <summary>In bytes.</summary>
    public const int ShortestPassphrase = 12;

    /// <summary>In bits.</summary>
    public const int Usual = 4096;

    private const int Rounds = 600_000, Years = 20;

    /// <param name="bits">3072 or 4096. A key of 4096 bits takes a second or two to make.</param>
    /// <exception cref="PasswordException">The name or the passphrase cannot be used; the message says why.</exception>
    public static EscrowKey Create(string name, Secret passphrase, DateTimeOffset now, int bits = Usual)
    {
        if (!EscrowRecipient.IsName(name))
            throw new PasswordException(
                PasswordFault.Input, $"{name} cannot be a recipient's name: {EscrowRecipient.NameForm}");
        if (passphrase.Reveal().Length < ShortestPassphrase)
            throw new PasswordException(
                PasswordFault.Input, $"The passphrase is too short: it needs {ShortestPassphrase} characters or more.");
        if (bits is not (3072 or 4096))
            throw new PasswordException(PasswordFault.Input, $"A key has 3072 or 4096 bits, not {bits}.");

        using var key = RSA.Create(bits);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now, now.AddYears(Years));
        return new EscrowKey(
            certificate.ExportCertificatePem(),
            key.ExportEncryptedPkcs8PrivateKeyPem(
                passphrase.Reveal(), new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, Rounds)));
    }

    /// <summary>Whether a passphrase is needed to <see cref="Open"/> it.</summary>
    public static bool IsEncrypted(ReadOnlySpan<char> privateKey) =>
        privateKey.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal);

    /// <param name="privateKey">PEM: PKCS #8, encrypted or not, or PKCS #1 in clear.</param>
    /// <param name="passphrase">Null for a key in clear.</param>
    /// <exception cref="PasswordException">The passphrase is wrong or missing, or the text is no RSA key.</exception>
    public static RSA Open(ReadOnlySpan<char> privateKey, Secret? passphrase)
    {
        var encrypted = IsEncrypted(privateKey);
        if (encrypted && passphrase is null)
            throw new PasswordException(PasswordFault.Passphrase, "The key is encrypted: its passphrase is needed.");
        var key = RSA.Create();
        try
        {
            if (encrypted)
                key.ImportFromEncryptedPem(privateKey, passphrase!.Reveal());
            else
                key.ImportFromPem(privateKey);
            return key;
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw encrypted && failure is CryptographicException
                ? new PasswordException(PasswordFault.Passphrase, "The passphrase does not open the key.")
                : new PasswordException(
                    PasswordFault.Input, "The text is no private RSA key. Give one as PEM (PKCS #8).");
        }
    }
}
