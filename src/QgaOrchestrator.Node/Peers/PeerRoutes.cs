using System.Globalization;
using QgaOrchestrator.Core.Membership;

namespace QgaOrchestrator.Node.Peers;

/// <summary>The routes of nodes for nodes.</summary>
internal static class PeerRoutes
{
    public const string State = "/v1/peer/state";
    public const string Vote = "/v1/peer/vote";

    /// <summary>Of each request: the <see cref="FormationRules.ClusterVersion"/> of the node that sends it.</summary>
    public const string VersionHeader = "Qga-Cluster-Version";

    public static string OwnVersion { get; } = FormationRules.ClusterVersion.ToString(CultureInfo.InvariantCulture);

    public static string VotePath(string candidate, string incarnation) =>
        $"{Vote}?candidate={Uri.EscapeDataString(candidate)}&incarnation={Uri.EscapeDataString(incarnation)}";
}
