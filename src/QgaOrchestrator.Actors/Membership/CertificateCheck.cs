using System.Security.Cryptography.X509Certificates;

namespace QgaOrchestrator.Actors.Membership;

/// <summary>What makes a certificate one of this cluster's.</summary>
public static class CertificateCheck
{
    /// <summary>Why a certificate does not come from these authorities, or not any more; null: it does, now.</summary>
    public static string? Refusal(X509Certificate2 certificate, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        foreach (var authority in authorities)
            (IsRoot(authority) ? chain.ChainPolicy.CustomTrustStore : chain.ChainPolicy.ExtraStore).Add(authority);
        var trusted = chain.Build(certificate);
        foreach (var element in chain.ChainElements) element.Certificate.Dispose();
        if (!trusted)
            return chain.ChainStatus.Any(status => status.Status == X509ChainStatusFlags.NotTimeValid)
                ? $"it is valid from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u}"
                : $"it is not of the CA in {NodeCertificates.AuthorityFile}";
        if (certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(basic => basic.CertificateAuthority))
            return "it is a CA's, not a node's";
        return UsesOf(certificate) is { } uses
            && !(uses.Contains(NodeCertificates.ServerUse) && uses.Contains(NodeCertificates.ClientUse))
            ? "it is not for both TLS servers and clients"
            : null;
    }

    /// <summary>Its DNS names and addresses, as text.</summary>
    public static IReadOnlyList<string> NamesOf(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return names is null ? [] : [.. names.EnumerateDnsNames(), .. names.EnumerateIPAddresses().Select(ip => ip.ToString())];
    }

    private static bool IsRoot(X509Certificate2 authority) =>
        authority.SubjectName.RawData.AsSpan().SequenceEqual(authority.IssuerName.RawData);

    private static HashSet<string>? UsesOf(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } uses
            ? [.. uses.EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Select(use => use.Value!)]
            : null;
}
