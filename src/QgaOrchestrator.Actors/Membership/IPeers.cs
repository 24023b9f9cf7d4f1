using QgaOrchestrator.Core.Membership;

namespace QgaOrchestrator.Actors.Membership;

/// <summary>The other nodes, over HTTP: mutual TLS, no token.</summary>
public interface IPeers
{
    /// <summary>What a node tells of itself; null: it does not answer, or is no node that this one trusts.</summary>
    /// <param name="address">host:port of its Akka, as in <c>Cluster.Seeds</c>.</param>
    Task<PeerState?> AskStateAsync(string address, CancellationToken cancel);

    /// <summary>Whether a seed votes for a node that wants to found a cluster.</summary>
    Task<bool> AskVoteAsync(string address, string candidate, string incarnation, CancellationToken cancel);

    /// <summary>Sends a request to the node of a hypervisor host; its URI is relative, as in <c>/v1/peer/state</c>. The answer's
    /// headers are there when this returns, its body may still come.</summary>
    /// <param name="host">As in <c>Node.Host</c>.</param>
    /// <exception cref="PeerUnreachableException">The host has no member that answers.</exception>
    Task<HttpResponseMessage> SendAsync(string host, HttpRequestMessage request, CancellationToken cancel);
}

/// <summary>A host's node was not reached, or the connection broke before it answered.</summary>
/// <param name="host">Its name.</param>
/// <param name="reason">A clause.</param>
/// <param name="wasSent">The request may have arrived.</param>
public sealed class PeerUnreachableException(string host, string reason, bool wasSent, Exception? inner = null)
    : Exception($"No answer from the node of host {host}: {reason}", inner)
{
    public string Host { get; } = host;

    /// <summary>The request may have arrived, and be executed.</summary>
    public bool WasSent { get; } = wasSent;
}
