using System.Net;
using System.Net.Sockets;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Options;

namespace QgaOrchestrator.Node.Options;

/// <summary>The config's section Cluster, with all that can be known of it before a node starts.</summary>
/// <param name="directory">What relative paths are relative to.</param>
/// <param name="api">Where the public API listens.</param>
internal sealed class ClusterKeys(OptionReader read, string directory, Uri api)
{
    private const string Section = "Cluster:";

    private static readonly string[] ForSeedsOnly = ["ApiPort", "Tls", "Certificates", "Peers"];

    public ClusterSection Read()
    {
        var seeds = Seeds();
        var cluster = new ClusterSection(
            read.Text(Key("Hostname"), "127.0.0.1"), read.Number(Key("Port"), 0, 0, ushort.MaxValue), seeds)
        {
            ApiPort = read.Number(Key("ApiPort"), 0, 1, ushort.MaxValue),
            Tls = read.Parsed<bool>(Key("Tls"), seeds.Count > 0, "on or off", text => text switch
            {
                "on" => true,
                "off" => false,
                _ => null,
            }),
            Certificates = read.TextOrNull(Key("Certificates")) is { } folder ? Path.GetFullPath(folder, directory) : null,
            Peers = read.List(Key("Peers")) is { } names ? [.. names.Select(key => read.Text(key, ""))] : null,
        };
        if (seeds.Count > 0)
        {
            CheckAddresses(cluster);
            CheckSeeds(cluster);
            CheckTrust(cluster);
        }
        else if (read.List(Key("Seeds")) is not { Count: > 0 })
        {
            foreach (var name in ForSeedsOnly.Where(name => IsSet(cluster, name)))
                Fail(name, "counts only with Cluster.Seeds. Name the seeds, or remove this key");
        }
        return cluster;
    }

    private static string Key(string name) => Section + name;

    private void Fail(string name, string why) => read.Fail(Key(name), why);

    private static bool IsSet(ClusterSection cluster, string name) => name switch
    {
        "ApiPort" => cluster.ApiPort != 0,
        "Tls" => cluster.Tls,
        "Certificates" => cluster.Certificates is not null,
        _ => cluster.Peers is not null,
    };

    private List<string> Seeds()
    {
        var good = new List<string>();
        foreach (var key in read.List(Key("Seeds")) ?? [])
        {
            if (read.TextOrNull(key) is { } seed
                && seed.Split(':') is [{ Length: > 0 }, var port]
                && ushort.TryParse(port, out var number) && number > 0)
                good.Add(seed);
            else
                read.Fail(key, "host:port is expected, with the Cluster.Port of that host");
        }
        return good;
    }

    private void CheckAddresses(ClusterSection cluster)
    {
        if (cluster.Port == 0)
            Fail("Port", "with seeds the other nodes must know it: name one, such as 7071, the same on every node");
        if (cluster.ApiPort == 0)
            Fail("ApiPort", "is missing: the nodes ask each other there. Name one, such as 7072, the same on every node");
        else if (cluster.ApiPort == cluster.Port)
            Fail("ApiPort", $"is Cluster.Port, too: name two different ports");
        else if (cluster.ApiPort == api.Port && Overlap(api, cluster.Hostname))
            Fail("ApiPort", $"is the port of Node.Api ({api.Authority}), too: name two different ports");
        if (!cluster.Seeds.All(seed => IsLoopback(HostOf(seed))) && LoopbackFault(cluster.Hostname) is { } why)
            Fail("Hostname", why);
        if (!IsLoopback(cluster.Hostname))
            foreach (var (i, _) in cluster.Seeds.Index().Where(seed => IsLoopback(HostOf(seed.Item))))
                Fail($"Seeds:{i}", "is a loopback address, which means another host to each node. Name the host's address");
    }

    private void CheckSeeds(ClusterSection cluster)
    {
        if (cluster.Seeds.Count is not (3 or 5))
            Fail("Seeds",
                $"{cluster.Seeds.Count} hosts are named, and 3 or 5 are needed: a majority of them decides whether a cluster may "
                    + "begin. With two hosts, add a witness: a third node with \"Fleet\": {\"Sources\": []}");
        if (cluster.Seeds.Distinct(StringComparer.OrdinalIgnoreCase).Count() < cluster.Seeds.Count)
            Fail("Seeds", "a host is named twice: name each once");
        if (cluster.Seeds.FirstOrDefault(seed => Same(HostOf(seed), cluster.Hostname)) is { } own
            && cluster.Port != 0 && own != $"{HostOf(own)}:{cluster.Port}")
            Fail("Port", $"is {cluster.Port}, and the seed list names this host as {own}: let both be the same");
    }

    private void CheckTrust(ClusterSection cluster)
    {
        if (!cluster.Tls)
        {
            if (!IsLoopback(cluster.Hostname) || cluster.Seeds.Any(seed => !IsLoopback(HostOf(seed))))
                Fail("Tls", "may be off only where Hostname and all seeds are loopback addresses. Remove this key and name "
                    + "Cluster.Certificates");
            if (cluster.Certificates is not null)
                Fail("Certificates", "is named, and Cluster.Tls is off: remove one of them");
            if (cluster.Peers is not null)
                Fail("Peers", "are names of certificates, and Cluster.Tls is off: remove one of them");
            return;
        }
        if (cluster.Peers is { } peers)
            foreach (var (i, seed) in cluster.Seeds.Index().Where(seed => !peers.Any(name => Same(name, HostOf(seed.Item)))))
                Fail($"Seeds:{i}", $"{HostOf(seed)} is not among Cluster.Peers, so it would be refused: add it there");
        if (cluster.Certificates is null)
        {
            Fail("Certificates",
                $"is missing: nodes prove to each other who they are. Name a folder that holds {NodeCertificates.AuthorityFile}, "
                    + $"{NodeCertificates.CertificateFile} and {NodeCertificates.KeyFile}; qgad certificates issue "
                    + $"{cluster.Hostname} --ca DIR --to DIR makes them");
            return;
        }
        try
        {
            var found = NodeCertificates.Load(cluster.Certificates);
            foreach (var fault in found.Faults(cluster.Hostname, cluster.Peers, TimeProvider.System.GetUtcNow()))
                Fail("Certificates", fault);
        }
        catch (CertificateException e)
        {
            Fail("Certificates", e.Message);
        }
    }

    /// <summary>Why the others cannot reach this host by its name; null: they can, as far as this host knows.</summary>
    private static string? LoopbackFault(string hostname)
    {
        const string remedy = "Name the address of this host that the others reach";
        if (IsLoopback(hostname)) return $"{hostname} is a loopback address, and a seed is elsewhere. {remedy}";
        if (IPAddress.TryParse(hostname, out _)) return null;
        try
        {
            return Dns.GetHostAddresses(hostname) is var found && found.All(IPAddress.IsLoopback)
                ? $"{hostname} means {string.Join(", ", found.Select(ip => ip.ToString()))} on this host, a loopback address, "
                    + "and a seed is elsewhere. Give it the host's address in /etc/hosts, or name the address"
                : null;
        }
        catch (SocketException e)
        {
            return $"{hostname} has no address ({e.Message}). Add it to DNS or /etc/hosts, or name the address";
        }
    }

    private static string HostOf(string seed) => seed[..seed.IndexOf(':', StringComparison.Ordinal)];

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static bool IsLoopback(string host) =>
        Same(host, "localhost") || IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address);

    private static bool Overlap(Uri api, string hostname) =>
        Same(api.DnsSafeHost, hostname) || IPAddress.TryParse(api.DnsSafeHost, out var address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
}
