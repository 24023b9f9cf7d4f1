using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Node.Certificates;

/// <summary>
/// Makes a CA for one cluster, and certificates for its hosts. ECDSA on P-256; files as <c>Cluster.Certificates</c> wants them.
/// Nothing is overwritten.
/// </summary>
public static class CertificateIssuer
{
    public const string AuthorityKeyFile = "ca.key";

    /// <summary>A little before now, for hosts whose clocks are behind.</summary>
    private static readonly TimeSpan Behind = TimeSpan.FromHours(1);

    /// <summary>Makes ca.pem and ca.key.</summary>
    /// <exception cref="CertificateException">A file is there, or cannot be written.</exception>
    public static void MakeAuthority(string to, DateTimeOffset now, TimeSpan lifetime)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var serial = Convert.ToHexString(RandomNumberGenerator.GetBytes(4));
        var request = new CertificateRequest($"CN=QgaOrchestrator CA {serial}", key, HashAlgorithmName.SHA256);
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        extensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var made = request.CreateSelfSigned(now - Behind, now + lifetime);
        Write(to, (NodeCertificates.AuthorityFile, made.ExportCertificatePem(), OwnFiles.File | Readable),
            (AuthorityKeyFile, key.ExportPkcs8PrivateKeyPem(), OwnFiles.File));
    }

    /// <summary>Makes node.pem and node.key for a host, with a copy of ca.pem beside them.</summary>
    /// <param name="names">DNS names or addresses: the first is the subject.</param>
    /// <param name="authority">The folder with ca.pem and ca.key.</param>
    /// <returns>When it expires: at the latest with its CA.</returns>
    /// <exception cref="CertificateException">The CA cannot be used; a file is there, or cannot be written.</exception>
    public static DateTimeOffset Issue(
        IReadOnlyList<string> names, string authority, string to, DateTimeOffset now, TimeSpan lifetime)
    {
        var ca = Path.Combine(authority, NodeCertificates.AuthorityFile);
        using var issuer = NodeCertificates.Pair(ca, Path.Combine(authority, AuthorityKeyFile));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(names[0]);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        var extensions = request.CertificateExtensions;
        extensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        extensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        extensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid(NodeCertificates.ServerUse), new Oid(NodeCertificates.ClientUse)], critical: false));
        extensions.Add(Names(names));
        extensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        DateTimeOffset end = now + lifetime, last = issuer.NotAfter.ToUniversalTime();
        if (end > last) end = last;
        if (end <= now) throw new CertificateException($"{ca} has expired at {last:u}. Make a new CA: qgad certificates init");
        using var made = request.Create(issuer, Begin(now, issuer), end, RandomNumberGenerator.GetBytes(16));
        Write(to, (NodeCertificates.AuthorityFile, issuer.ExportCertificatePem(), OwnFiles.File | Readable),
            (NodeCertificates.CertificateFile, made.ExportCertificatePem(), OwnFiles.File | Readable),
            (NodeCertificates.KeyFile, key.ExportPkcs8PrivateKeyPem(), OwnFiles.File));
        return end;
    }

    /// <summary>Certificates are no secret.</summary>
    private const UnixFileMode Readable = UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static DateTimeOffset Begin(DateTimeOffset now, X509Certificate2 issuer) =>
        now - Behind is var begin && begin < issuer.NotBefore.ToUniversalTime() ? issuer.NotBefore.ToUniversalTime() : begin;

    private static X509Extension Names(IReadOnlyList<string> names)
    {
        var all = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            if (IPAddress.TryParse(name, out var address)) all.AddIpAddress(address);
            else all.AddDnsName(name);
        return all.Build();
    }

    private static void Write(string to, params (string Name, string Pem, UnixFileMode Mode)[] files)
    {
        try
        {
            Directory.CreateDirectory(to, OwnFiles.Directory);
            // The CA's own certificate may be there before: from init, or from a host's certificate beside it.
            var missing = files.Where(file => !IsThere(Path.Combine(to, file.Name), file.Pem)).ToArray();
            if (missing.FirstOrDefault(file => File.Exists(Path.Combine(to, file.Name))) is { Name: { } there })
                throw new CertificateException(
                    $"{Path.Combine(to, there)} is there and is not overwritten. Name another folder, or move the file away");
            foreach (var (name, pem, mode) in missing) Write(Path.Combine(to, name), pem + "\n", mode);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(
                $"{to} cannot be written: {e.Message.TrimEnd('.')}. Name a folder that this user can write to");
        }
    }

    private static bool IsThere(string path, string pem) =>
        Path.GetFileName(path) == NodeCertificates.AuthorityFile && File.Exists(path)
        && File.ReadAllText(path).Trim() == pem.Trim();

    private static void Write(string path, string text, UnixFileMode mode)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            UnixCreateMode = OwnFiles.File,
        };
        using (var file = new FileStream(path, options)) file.Write(Encoding.ASCII.GetBytes(text));
        File.SetUnixFileMode(path, mode);
    }
}
