using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Connection;

/// <summary>A way to a node whose certificate is of a CA that the caller names, and of no other.</summary>
internal static class TrustedCa
{
    /// <exception cref="UsageException">The file cannot be read, or holds no certificate.</exception>
    public static HttpMessageHandler Handler(string file, Uri api)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(Read(file));
        var handler = QgaClient.HandlerFor(api);
        handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        return handler;
    }

    private static X509Certificate2Collection Read(string file)
    {
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPemFile(file);
            return found.Count > 0 ? found : throw new UsageException($"The file {file} holds no certificate.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UsageException(
                $"The CA file {file} cannot be read: {e.Message}",
                "Name a PEM file with the CA of the node's certificate by --ca."
            );
        }
    }
}
