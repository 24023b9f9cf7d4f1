using System.Text.RegularExpressions;
using QgaOrchestrator.Node.Certificates;
using QgaOrchestrator.Node.Options;

namespace QgaOrchestrator.Node.Tests.Options;

/// <summary>Each config in config/ and deploy/ is one that the node takes: its own loader reads it.</summary>
public sealed partial class DeployedConfigTests : IDisposable
{
    private static readonly string Top = Root(AppContext.BaseDirectory);

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("hv1", "172.30.0.11")]
    [InlineData("hv2", "172.30.0.12")]
    [InlineData("hv3", "172.30.0.13")]
    public void The_config_of_compose_is_good_for_each_node(string host, string address)
    {
        var compose = File.ReadAllText(Path.Combine(Top, "deploy", "compose", "compose.yaml"));
        Assert.Contains($"QGA__Node__Host: {host}, QGA__Cluster__Hostname: {address} }}", compose, StringComparison.Ordinal);
        var environment = new Dictionary<string, string> { ["QGA__Node__Host"] = host, ["QGA__Cluster__Hostname"] = address };

        var options = Load(File.ReadAllText(Path.Combine(Top, "deploy", "compose", "node.json")), address, environment);

        Assert.Equal((host, address), (options.Node.Host, options.Cluster.Hostname));
        Assert.Contains($"{address}:7071", options.Cluster.Seeds);
    }

    [Fact]
    public void In_compose_node_and_watchdog_share_the_hosts_processes_the_ledger_and_the_VMs()
    {
        var compose = File.ReadAllText(Path.Combine(Top, "deploy", "compose", "compose.yaml"));
        Assert.Contains("x-program: &program\n  image: qgaorchestrator\n  build: { context: . }\n  pid: host\n", compose, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(compose, @"  <<: \*program\n"));
        foreach (var host in (string[])["hv1", "hv2", "hv3"])
        {
            var node = Service(compose, host);
            Assert.Contains("    <<: *node\n", node, StringComparison.Ordinal);
            Assert.Contains($"    volumes: &{host}\n", node, StringComparison.Ordinal);
            Assert.Contains($"      - {host}-ledger:/run/qgad\n", node, StringComparison.Ordinal);
            var watchdog = Service(compose, host + "-watchdog");
            Assert.Contains("    <<: *watchdog\n", watchdog, StringComparison.Ordinal);
            Assert.Contains($"QGA__Node__Host: {host} }}", watchdog, StringComparison.Ordinal);
            Assert.Contains($"    volumes: *{host}\n", watchdog, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_template_of_ansible_is_a_good_config_when_it_is_filled()
    {
        var values = new Dictionary<string, string>
        {
            ["inventory_hostname"] = "hv1",
            ["qga_address"] = "10.9.0.1",
            ["qga_prefix"] = "",
            ["qga_connection_string | to_json"] = "\"Host=db1;Database=qgad;Username=qgad\"",
            ["qga_seeds | to_json"] = """["10.9.0.1:7071","10.9.0.2:7071","10.9.0.3:7071"]""",
        };
        var template = File.ReadAllText(Path.Combine(Top, "deploy", "ansible", "templates", "node.json.j2"));

        var options = Load(Filled().Replace(template, of => values[of.Groups[1].Value]), "10.9.0.1", []);

        Assert.Equal(("hv1", 3), (options.Node.Host, options.Cluster.Seeds.Count));
    }

    /// <summary>With a certificate for the address, and a password, where the config expects them.</summary>
    private Actors.Options.QgadOptions Load(string config, string address, Dictionary<string, string> environment)
    {
        string ca = Path.Combine(_directory.Path, "ca"), tls = Path.Combine(_directory.Path, "tls");
        var now = TimeProvider.System.GetUtcNow();
        CertificateIssuer.MakeAuthority(ca, now - TimeSpan.FromDays(9), TimeSpan.FromDays(99));
        CertificateIssuer.Issue([address], ca, tls, now, TimeSpan.FromDays(60));
        File.Copy(Path.Combine(tls, "node.pem"), Path.Combine(tls, "cert.pem"));
        File.Copy(Path.Combine(tls, "node.key"), Path.Combine(tls, "key.pem"));
        var password = _directory.Write("postgres.password", "secret\n");
        File.SetUnixFileMode(password, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var file = _directory.Write("node.json", config
            .Replace("/etc/qgad/tls", tls, StringComparison.Ordinal)
            .Replace("/etc/qgad/postgres.password", password, StringComparison.Ordinal));
        return OptionsLoader.Load([$"--config={file}"], environment, "machine", _directory.Path);
    }

    private static string Service(string compose, string name)
    {
        var from = compose.IndexOf($"\n  {name}:\n", StringComparison.Ordinal) + 1;
        Assert.True(from > 0, name);
        return Next().Match(compose, from + 3) is { Success: true } next ? compose[from..next.Index] : compose[from..];
    }

    private static string Root(string directory) => File.Exists(Path.Combine(directory, "QgaOrchestrator.sln"))
        ? directory
        : Root(Path.GetDirectoryName(directory)!);

    [GeneratedRegex(@"\{\{ (.+?) \}\}")]
    private static partial Regex Filled();

    [GeneratedRegex(@"^ {0,2}[a-z0-9-]+:", RegexOptions.Multiline)]
    private static partial Regex Next();
}
