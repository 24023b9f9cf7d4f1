namespace QgaOrchestrator.Actors.Options;

/// <summary>How this node meets the others; without seeds it is a cluster of its own, and only the first two count.</summary>
/// <param name="Hostname">The address that other nodes reach this one by. Default 127.0.0.1.</param>
/// <param name="Port">Of Akka; 0 (default, without seeds only) takes a free one.</param>
/// <param name="Seeds">host:port (of Akka) of 3 or 5 nodes, the same list on every node; empty (default): a cluster of this
/// node alone.</param>
public sealed record ClusterSection(string Hostname, int Port, IReadOnlyList<string> Seeds)
{
    /// <summary>Where nodes ask each other over HTTP, on <see cref="Hostname"/>; the same on every node.</summary>
    public int ApiPort { get; init; }

    /// <summary>Nodes prove to each other who they are. Default true with seeds; false only where all is loopback.</summary>
    public bool Tls { get; init; }

    /// <summary>The folder with ca.pem, node.pem and node.key; null without TLS.</summary>
    public string? Certificates { get; init; }

    /// <summary>Names of certificates that may be nodes; null: any of the CA in ca.pem.</summary>
    public IReadOnlyList<string>? Peers { get; init; }
}
