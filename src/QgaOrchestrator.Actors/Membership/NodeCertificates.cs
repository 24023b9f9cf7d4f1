using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Membership;

/// <summary>The files of <c>Cluster.Certificates</c>: whom this node trusts, and by what it proves its own name.</summary>
/// <param name="Authorities">All certificates of ca.pem: roots, and what stands between them and a node's.</param>
/// <param name="Own">This node's, with its key.</param>
public sealed record NodeCertificates(X509Certificate2Collection Authorities, X509Certificate2 Own)
{
    public const string AuthorityFile = "ca.pem", CertificateFile = "node.pem", KeyFile = "node.key";

    /// <summary>Makes a certificate that serves on both ends of a connection.</summary>
    public const string ServerUse = "1.3.6.1.5.5.7.3.1", ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <exception cref="CertificateException">A file is missing, cannot be read, or holds something else.</exception>
    public static NodeCertificates Load(string folder)
    {
        var own = Path.Combine(folder, CertificateFile);
        var key = Path.Combine(folder, KeyFile);
        return new(LoadAuthorities(folder), Pair(own, key));
    }

    /// <exception cref="CertificateException">ca.pem cannot be read, or holds no certificate.</exception>
    public static X509Certificate2Collection LoadAuthorities(string folder)
    {
        var file = Path.Combine(folder, AuthorityFile);
        var found = new X509Certificate2Collection();
        Try(file, () => found.ImportFromPem(Text(file)));
        return found.Count > 0 ? found : throw new CertificateException($"{file} holds no certificate");
    }

    /// <summary>A certificate with its key, each PEM in a file of its own.</summary>
    /// <exception cref="CertificateException">Either cannot be read, others can read the key, or they are no pair.</exception>
    public static X509Certificate2 Pair(string certificate, string key)
    {
        var text = Text(certificate);
        var secret = Text(key);
        if (OwnFiles.SecretFault(key) is { } fault) throw new CertificateException(fault);
        X509Certificate2? pair = null;
        Try($"{certificate} and {key}", () => pair = X509Certificate2.CreateFromPem(text, secret));
        return pair!;
    }

    /// <summary>Everything for which other nodes would refuse this one, each with its remedy; empty: nothing.</summary>
    /// <param name="hostname">The address that other nodes reach this one by.</param>
    public IReadOnlyList<string> Faults(string hostname, IReadOnlyList<string>? peers, DateTimeOffset now)
    {
        var faults = new List<string>();
        var again = $"Make another: qgad certificates issue {hostname} --ca DIR --to DIR";
        if (!Own.MatchesHostname(hostname, allowCommonName: false))
            faults.Add(
                $"{CertificateFile} does not carry the name {hostname} (Cluster.Hostname), only "
                    + $"{string.Join(", ", CertificateCheck.NamesOf(Own))}. {again}");
        if (now > Own.NotAfter) faults.Add($"{CertificateFile} has expired at {Own.NotAfter.ToUniversalTime():u}. {again}");
        else if (CertificateCheck.Refusal(Own, Authorities, now) is { } why)
            faults.Add($"{CertificateFile} is refused: {why}. {again}");
        if (peers is not null && !peers.Any(name => Own.MatchesHostname(name, allowCommonName: false)))
            faults.Add($"{CertificateFile} carries none of the names in Cluster.Peers: every other node would refuse this one");
        return faults;
    }

    private static string Text(string file)
    {
        var text = "";
        Try(file, () => text = File.ReadAllText(file));
        return text;
    }

    private static void Try(string what, Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(
                $"{what} cannot be read: {e.Message.TrimEnd('.')}. Let the node's user own it (chmod 0600)");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CertificateException($"{what} cannot be used: {e.Message.TrimEnd('.')}");
        }
    }
}

/// <summary>A certificate or key cannot be used; the message says which file, and why.</summary>
public sealed class CertificateException(string message) : Exception(message);
