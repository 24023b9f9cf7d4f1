using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Core.Membership;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>Other nodes, as a test says that they answer.</summary>
internal sealed class FakePeers : IPeers
{
    /// <summary>What each host answers; a host that is not here does not.</summary>
    public Dictionary<string, Func<HttpRequestMessage, HttpResponseMessage>> Answers { get; } = [];

    /// <summary>Host, method, path and body of each request, in their order for one host.</summary>
    public List<(string Host, string Asked, string Body, string? Caller)> Asked { get; } = [];

    public async Task<HttpResponseMessage> SendAsync(string host, HttpRequestMessage request, CancellationToken cancel)
    {
        var body = request.Content is { } content ? await content.ReadAsStringAsync(cancel) : "";
        var caller = request.Headers.TryGetValues("Qga-Caller", out var named) ? named.Single() : null;
        lock (Asked) Asked.Add((host, $"{request.Method} {request.RequestUri}", body, caller));
        return Answers.TryGetValue(host, out var answer)
            ? answer(request)
            : throw new PeerUnreachableException(host, "Connection refused", wasSent: false);
    }

    public Task<PeerState?> AskStateAsync(string address, CancellationToken cancel) => Task.FromResult<PeerState?>(null);

    public Task<bool> AskVoteAsync(string address, string candidate, string incarnation, CancellationToken cancel) =>
        Task.FromResult(false);
}
