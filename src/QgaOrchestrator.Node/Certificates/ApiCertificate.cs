using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using QgaOrchestrator.Actors.Membership;

namespace QgaOrchestrator.Node.Certificates;

/// <summary>
/// What the public API proves its name with over HTTPS: cert.pem and key.pem in the folder <c>Node.Certificate</c>. They are read
/// again when either has changed; until both fit, what was read before counts on.
/// </summary>
public sealed partial class ApiCertificate
{
    public const string CertificateFile = "cert.pem", KeyFile = "key.pem";

    private readonly Lock _reading = new();
    private readonly string _certificate, _key;
    private readonly ILogger _log;
    private SslStreamCertificateContext _context;
    private (DateTime, DateTime) _written;

    /// <exception cref="CertificateException">A file is missing, or cannot be used.</exception>
    public ApiCertificate(string folder, ILogger<ApiCertificate> log)
    {
        (_certificate, _key, _log) = (Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile), log);
        _written = Written();
        _context = Load(_certificate, _key);
    }

    /// <summary>The one of now, with what stands between it and its root.</summary>
    public SslStreamCertificateContext Context
    {
        get
        {
            lock (_reading)
            {
                if (Written() is var written && written == _written) return _context;
                _written = written;
                try
                {
                    _context = Load(_certificate, _key);
                    var end = _context.TargetCertificate.NotAfter.ToUniversalTime();
                    Replaced(_certificate, end);
                }
                catch (CertificateException e)
                {
                    NotReplaced(e.Message);
                }
                return _context;
            }
        }
    }

    /// <summary>Why it cannot be used; null: it can.</summary>
    public static string? Fault(string folder)
    {
        try
        {
            using var loaded = NodeCertificates.Pair(Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile));
            return null;
        }
        catch (CertificateException e)
        {
            return e.Message;
        }
    }

    private static SslStreamCertificateContext Load(string certificate, string key)
    {
        var own = NodeCertificates.Pair(certificate, key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificate);
        return SslStreamCertificateContext.Create(own, chain, offline: true);
    }

    private (DateTime, DateTime) Written() => (File.GetLastWriteTimeUtc(_certificate), File.GetLastWriteTimeUtc(_key));

    [LoggerMessage(
        Level = LogLevel.Information, Message = "The API's certificate {File} was read again; it is valid until {End:u}")]
    private partial void Replaced(string file, DateTime end);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The API's certificate has changed and cannot be used, so the one before counts on: {Why}")]
    private partial void NotReplaced(string why);
}
