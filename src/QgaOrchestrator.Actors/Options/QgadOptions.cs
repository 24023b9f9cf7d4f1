using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Actors.Options;

/// <summary>
/// All options of a node, as <c>config/node.json</c> holds them; every path is absolute. A key is Section:Name.
/// </summary>
public sealed record QgadOptions(
    NodeSection Node, StoreSection Store, FleetSection Fleet, FreezeSection Freeze, PolicySection Policy, ClusterSection Cluster)
{
    /// <summary>This host, as cut methods see it.</summary>
    internal CutHost Cuts(TimeProvider time) => new(Node.DataDirectory, time) { Settings = Freeze.Methods };
}

/// <param name="Host">This hypervisor host's name; default the machine's.</param>
/// <param name="DataDirectory">Journal, views, token. Default ./data.</param>
/// <param name="Api">Where HTTP listens. Default http://127.0.0.1:7070; port 0 takes a free one.</param>
/// <param name="TargetGroup">The group that owns a recovery point's directory, where set.</param>
/// <param name="LogLevel">The least that the node logs: trace to error, default information.</param>
public sealed record NodeSection(string Host, string DataDirectory, Uri Api, string? TargetGroup, LogLevel LogLevel)
{
    /// <summary>The folder with cert.pem and key.pem, for an https address in <see cref="Api"/>; null with http.</summary>
    public string? Certificate { get; init; }
}

/// <param name="Provider">sqlite (default) or postgresql.</param>
/// <param name="Own">The provider's own options.</param>
/// <param name="Keep">How long ended runs and audit entries are kept; 1 day to 100 years, default 400 days.</param>
public sealed record StoreSection(string Provider, StoreOptions Own, TimeSpan Keep);

/// <param name="Sources">Where VMs are found: each of a kind of hosts, which reads its options.</param>
/// <param name="File">Labels, groups and explicit VMs; read again when it changes. Default none.</param>
public sealed record FleetSection(IReadOnlyList<IVmSource> Sources, string? File);

/// <param name="Timeout">Freeze sent → reply; 1 s to 10 min, default 30 s.</param>
/// <param name="Lease">Frozen → thawed; 100 ms to 5 min, default 10 s.</param>
/// <param name="Spread">First frozen → last cut of a group; 100 ms to 5 min, default 5 s.</param>
/// <param name="Ledger">The freeze ledger's directory, {host} is this host's name; falls back where it cannot be written.</param>
/// <param name="Methods">The cut methods' own keys, each read by its method.</param>
public sealed record FreezeSection(
    TimeSpan Timeout, TimeSpan Lease, TimeSpan Spread, string Ledger, IReadOnlyList<CutSettings> Methods);

/// <param name="Deny">Agent commands that this node never sends on behalf of a caller.</param>
public sealed record PolicySection(IReadOnlyList<string> Deny);
