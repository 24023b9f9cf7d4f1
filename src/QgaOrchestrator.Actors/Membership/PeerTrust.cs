using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace QgaOrchestrator.Actors.Membership;

/// <summary>
/// Whom this node takes for a node of its cluster, on both ends of a connection. ca.pem is read again when it has changed; the
/// node's own certificate is that of its start.
/// </summary>
public sealed class PeerTrust(
    string folder, NodeCertificates certificates, IReadOnlyList<string>? names, RefusalLog log, TimeProvider time)
{
    private readonly Lock _reading = new();
    private X509Certificate2Collection _authorities = certificates.Authorities;
    private DateTime _readAt = File.GetLastWriteTimeUtc(Path.Combine(folder, NodeCertificates.AuthorityFile));

    /// <summary>This node's certificate, with its key.</summary>
    public X509Certificate2 Own => certificates.Own;

    /// <summary>When the last of the CAs in ca.pem ends: by then no certificate counts any more.</summary>
    public DateTime AuthoritiesEnd => Authorities().Max(authority => authority.NotAfter);

    /// <summary>Whether the other end is a node of this cluster; if not, the log tells why.</summary>
    /// <param name="shown">Its certificate.</param>
    /// <param name="errors">What the connection found; of them the name counts here, which only a called end has.</param>
    /// <param name="peer">Its address, for the log.</param>
    public bool Accepts(X509Certificate? shown, SslPolicyErrors errors, string peer)
    {
        if (shown is null)
        {
            log.Refused("none", peer, "it shows no certificate");
            return false;
        }
        using var certificate = new X509Certificate2(shown);
        var who = $"it shows a certificate for {string.Join(", ", CertificateCheck.NamesOf(certificate))}";
        if (CertificateCheck.Refusal(certificate, Authorities(), time.GetUtcNow()) is { } refusal)
            return Refuse("authority", $"{who}, and {refusal}");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return Refuse("name", $"{who}, and it was called by another name");
        if (names is not null && !names.Any(name => certificate.MatchesHostname(name, allowCommonName: false)))
            return Refuse("peers", $"{who}, which is not among Cluster.Peers");
        return true;

        bool Refuse(string kind, string why)
        {
            log.Refused(kind, peer, why);
            return false;
        }
    }

    private X509Certificate2Collection Authorities()
    {
        lock (_reading)
        {
            try
            {
                var changed = File.GetLastWriteTimeUtc(Path.Combine(folder, NodeCertificates.AuthorityFile));
                if (changed != _readAt) (_authorities, _readAt) = (NodeCertificates.LoadAuthorities(folder), changed);
            }
            catch (Exception e) when (e is CertificateException or IOException or UnauthorizedAccessException)
            {
                log.Refused("file", NodeCertificates.AuthorityFile, $"{e.Message}; what it held before counts on");
            }
            return _authorities;
        }
    }
}
