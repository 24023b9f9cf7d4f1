using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Passwords.Tests;

/// <summary>Keys that the tests share: each takes the better part of a second to make.</summary>
internal static class Keys
{
    public const string Passphrase = "correct horse battery";

    public static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    public static readonly EscrowKey Ann = Create("ann"), Bob = Create("bob");

    public static readonly EscrowRecipient OfAnn = EscrowRecipient.Read("ann", Ann.Certificate),
        OfBob = EscrowRecipient.Read("bob", Bob.Certificate);

    private static readonly ConcurrentDictionary<EscrowKey, Lazy<RSAParameters>> Opened = new();

    /// <summary>The private key. The passphrase's 600,000 rounds are done once for each.</summary>
    public static RSA Open(EscrowKey key) => RSA.Create(Opened.GetOrAdd(key, static key => new(() =>
    {
        using var passphrase = Secret.Of(Passphrase);
        using var opened = EscrowKey.Open(key.PrivateKey, passphrase);
        return opened.ExportParameters(includePrivateParameters: true);
    })).Value);

    public static EscrowKey Create(string name)
    {
        using var passphrase = Secret.Of(Passphrase);
        return EscrowKey.Create(name, passphrase, Now, 3072);
    }

    /// <summary>A certificate as some other tool makes it.</summary>
    public static string Certificate(int bits = 3072, X509KeyUsageFlags? usage = null, bool hasIdentifier = true)
    {
        using var key = RSA.Create(bits);
        var request = new CertificateRequest("CN=other", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (usage is { } flags) request.CertificateExtensions.Add(new X509KeyUsageExtension(flags, false));
        if (hasIdentifier)
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.CreateSelfSigned(Now, Now.AddYears(1));
        return certificate.ExportCertificatePem();
    }

    public static string CertificateOfCurve()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=curve", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(Now, Now.AddYears(1));
        return certificate.ExportCertificatePem();
    }
}
