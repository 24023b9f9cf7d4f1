using System.Text.Json;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Node.Certificates;
using QgaOrchestrator.Node.Options;

namespace QgaOrchestrator.Node.Tests.Options;

public sealed class ClusterKeysTests : IDisposable
{
    private const string Three = """["127.0.0.1:7071","127.0.0.2:7071","127.0.0.3:7071"]""";
    private const string Elsewhere = """["10.9.0.1:7071","10.9.0.2:7071","10.9.0.3:7071"]""";
    private const string Ports = "\"Port\":7071,\"ApiPort\":7072";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Without_seeds_a_node_is_a_cluster_of_its_own()
    {
        var cluster = Read("{}").Options;
        Assert.Equal(("127.0.0.1", 0, 0, false), (cluster.Hostname, cluster.Port, cluster.ApiPort, cluster.Tls));
        Assert.Equal((null, null), (cluster.Certificates, cluster.Peers));
        Assert.Empty(cluster.Seeds);
    }

    [Theory]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Tls":"off"}""", false)]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Certificates":"mine"}""", true)]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Certificates":"mine","Tls":"on","Peers":["127.0.0.1","127.0.0.2","127.0.0.3"]}""", true)]
    [InlineData($$"""{"Hostname":"10.9.0.1","Seeds":{{Elsewhere}},{{Ports}},"Certificates":"far"}""", true)]
    public void With_seeds_nodes_prove_who_they_are_unless_all_is_loopback(string json, bool tls)
    {
        Issue("mine", "127.0.0.1");
        Issue("far", "10.9.0.1");
        var (cluster, errors) = Read(json);
        Assert.Empty(errors);
        Assert.Equal(tls, cluster.Tls);
        Assert.Equal(3, cluster.Seeds.Count);
    }

    [Theory]
    [InlineData("""{"ApiPort":7072}""", "Cluster:ApiPort", "counts only with Cluster.Seeds")]
    [InlineData("""{"Certificates":"mine"}""", "Cluster:Certificates", "remove this key")]
    [InlineData("""{"Tls":"maybe"}""", "Cluster:Tls", "is not on or off")]
    [InlineData("""{"Peer":["a"]}""", "Cluster:Peer", "did you mean Cluster:Peers?")]
    [InlineData($$"""{"Seeds":{{Three}},"ApiPort":7072,"Tls":"off"}""", "Cluster:Port", "name one, such as 7071")]
    [InlineData($$"""{"Seeds":{{Three}},"Port":7071,"Tls":"off"}""", "Cluster:ApiPort", "Name one, such as 7072")]
    [InlineData($$"""{"Seeds":{{Three}},"Port":7071,"ApiPort":7071,"Tls":"off"}""", "Cluster:ApiPort", "two different ports")]
    [InlineData($$"""{"Seeds":{{Three}},"Port":7071,"ApiPort":7070,"Tls":"off"}""", "Cluster:ApiPort", "Node.Api")]
    [InlineData($$"""{"Seeds":{{Three}},"Port":7070,"ApiPort":7072,"Tls":"off"}""", "Cluster:Port", "let both be the same")]
    [InlineData($$"""{"Seeds":["127.0.0.1:7071","127.0.0.2:7071"],{{Ports}},"Tls":"off"}""", "Cluster:Seeds", "add a witness")]
    [InlineData($$"""{"Seeds":["127.0.0.1:7071"],{{Ports}},"Tls":"off"}""", "Cluster:Seeds", "3 or 5 are needed")]
    [InlineData($$"""{"Seeds":["127.0.0.1:7071","127.0.0.2","127.0.0.3:0"],{{Ports}},"Tls":"off"}""", "Cluster:Seeds:1", "host:port")]
    [InlineData($$"""{"Seeds":["127.0.0.1:7071","127.0.0.2:7071","127.0.0.2:7071"],{{Ports}},"Tls":"off"}""", "Cluster:Seeds", "twice")]
    [InlineData($$"""{"Seeds":{{Elsewhere}},{{Ports}},"Certificates":"mine"}""", "Cluster:Hostname", "and a seed is elsewhere")]
    [InlineData($$"""{"Hostname":"no.such.host.invalid","Seeds":{{Elsewhere}},{{Ports}},"Certificates":"mine"}""", "Cluster:Hostname", "/etc/hosts")]
    [InlineData($$"""{"Hostname":"10.9.0.1","Seeds":{{Three}},{{Ports}},"Certificates":"far"}""", "Cluster:Seeds:2", "loopback")]
    [InlineData($$"""{"Hostname":"10.9.0.1","Seeds":{{Elsewhere}},{{Ports}},"Tls":"off"}""", "Cluster:Tls", "may be off only")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Tls":"off","Certificates":"mine"}""", "Cluster:Certificates", "remove one")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Tls":"off","Peers":["a"]}""", "Cluster:Peers", "remove one")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}}}""", "Cluster:Certificates", "qgad certificates issue 127.0.0.1 --ca DIR --to DIR")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Certificates":"none"}""", "Cluster:Certificates", "ca.pem cannot be read")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Certificates":"open"}""", "Cluster:Certificates", "chmod 0600")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Certificates":"mixed"}""", "Cluster:Certificates", "cannot be used")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Certificates":"other"}""", "Cluster:Certificates", "not of the CA")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Certificates":"far"}""", "Cluster:Certificates", "does not carry the name 127.0.0.1")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Certificates":"old"}""", "Cluster:Certificates", "has expired")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Certificates":"mine","Peers":["127.0.0.2","127.0.0.3"]}""", "Cluster:Seeds:0", "add it there")]
    [InlineData($$"""{"Seeds":{{Three}},{{Ports}},"Certificates":"mine","Peers":["127.0.0.2","127.0.0.3"]}""", "Cluster:Certificates", "Cluster.Peers")]
    public void What_is_wrong_with_a_cluster_is_told_before_the_start_with_its_remedy(string json, string key, string told)
    {
        Issue("mine", "127.0.0.1");
        Issue("far", "10.9.0.1");
        Issue("open", "127.0.0.1");
        File.SetUnixFileMode(In("open", "node.key"), (UnixFileMode)0b110_100_100);
        Issue("mixed", "127.0.0.1");
        File.Copy(In("far", "node.key"), In("mixed", "node.key"), overwrite: true);
        Issue("other", "127.0.0.1", "foreign");
        File.Copy(In("mine", "ca.pem"), In("other", "ca.pem"), overwrite: true);
        CertificateIssuer.Issue(["127.0.0.1"], In("ca"), In("old"), Now - TimeSpan.FromDays(3), TimeSpan.FromDays(1));

        var errors = Read(json).Errors;

        Assert.Contains(errors, error =>
            error.Contains($"{key}: ", StringComparison.Ordinal) && error.Contains(told, StringComparison.Ordinal));
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private string In(params ReadOnlySpan<string> path) => Path.Combine([_directory.Path, .. path]);

    private void Issue(string folder, string host, string ca = "ca")
    {
        if (!Directory.Exists(In(ca)))
            CertificateIssuer.MakeAuthority(In(ca), Now - TimeSpan.FromDays(9), TimeSpan.FromDays(99));
        CertificateIssuer.Issue([host], In(ca), In(folder), Now, TimeSpan.FromDays(60));
    }

    private (ClusterSection Options, IReadOnlyList<string> Errors) Read(string cluster)
    {
        using var valid = JsonDocument.Parse(cluster);
        const string store = """{"Provider":"postgresql","ConnectionString":"Host=db;Username=qgad;Database=qgad"}""";
        var file = _directory.Write("node.json", $$"""{"Cluster":{{cluster}},"Store":{{store}}}""");
        var (options, errors) = OptionsLoader.Read(
            ["--config", file], new Dictionary<string, string>(), "hv1", _directory.Path);
        return (options.Cluster, errors);
    }
}
