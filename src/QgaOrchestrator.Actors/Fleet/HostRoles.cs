using Akka.Cluster;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>The roles by which members of the cluster say whose channels they own.</summary>
internal static class HostRoles
{
    private const string Prefix = "host-";

    /// <summary>The role of the member that owns a host's channels.</summary>
    public static string Of(string host) => Prefix + host;

    /// <summary>The hosts whose channels a member owns: one.</summary>
    public static IEnumerable<string> HostsOf(Member member) => member.Roles
        .Where(role => role.StartsWith(Prefix, StringComparison.Ordinal)).Select(role => role[Prefix.Length..]);
}
