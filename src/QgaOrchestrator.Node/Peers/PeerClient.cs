using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Text.Json;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Core.Membership;

namespace QgaOrchestrator.Node.Peers;

/// <summary>Asks other nodes at their <c>Cluster.ApiPort</c>: HTTP/2 on TLS 1.3, where a node's name is that in its
/// certificate.</summary>
internal sealed class PeerClient : IPeers, IDisposable
{
    private static readonly TimeSpan ToConnect = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http;
    private readonly ClusterSection _cluster;
    private readonly NodeState _node;

    public PeerClient(QgadOptions options, NodeState node, PeerTrust? trust = null)
    {
        (_cluster, _node) = (options.Cluster, node);
        var handler = new SocketsHttpHandler { ConnectTimeout = ToConnect, UseProxy = false, UseCookies = false };
        if (trust is not null)
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls13,
                ClientCertificateContext = SslStreamCertificateContext.Create(trust.Own, null, offline: true),
                RemoteCertificateValidationCallback = (stream, shown, _, errors) =>
                    trust.Accepts(shown, errors, (stream as SslStream)?.TargetHostName ?? "a node"),
            };
        // Without an end of its own: what is forwarded may take as long as its caller waits.
        _http = new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public async Task<PeerState?> AskStateAsync(string address, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, PeerRoutes.State);
        try
        {
            using var answer = await SendToAsync(HostnameOf(address), request, cancel);
            return answer.IsSuccessStatusCode
                ? await answer.Content.ReadFromJsonAsync(PeerJson.Default.PeerState, cancel)
                : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            return null;
        }
    }

    public async Task<bool> AskVoteAsync(string address, string candidate, string incarnation, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, PeerRoutes.VotePath(candidate, incarnation));
        try
        {
            using var answer = await SendToAsync(HostnameOf(address), request, cancel);
            return answer.StatusCode == HttpStatusCode.NoContent;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return false;
        }
    }

    public async Task<HttpResponseMessage> SendAsync(string host, HttpRequestMessage request, CancellationToken cancel)
    {
        var hostname = _node.HostnameOf(host)
            ?? throw new PeerUnreachableException(host, "it has no member that is in contact", wasSent: false);
        try
        {
            return await SendToAsync(hostname, request, cancel);
        }
        catch (HttpRequestException e)
        {
            var wasSent = e.HttpRequestError is not (
                HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError
            );
            throw new PeerUnreachableException(host, e.Message, wasSent, e);
        }
    }

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> SendToAsync(string hostname, HttpRequestMessage request, CancellationToken cancel)
    {
        var root = new UriBuilder(_cluster.Tls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, hostname, _cluster.ApiPort).Uri;
        request.RequestUri = new(root, request.RequestUri!);
        request.Version = _cluster.Tls ? HttpVersion.Version20 : HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        request.Headers.TryAddWithoutValidation(PeerRoutes.VersionHeader, PeerRoutes.OwnVersion);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    private static string HostnameOf(string address) => address[..address.LastIndexOf(':')];
}
