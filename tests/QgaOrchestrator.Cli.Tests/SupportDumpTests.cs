using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Support;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>A dump for a colleague: what is in it, and what never is.</summary>
public sealed class SupportDumpTests : IDisposable
{
    private const string Password = "needle-password", Argument = "needle-argument", Variable = "needle-env", Token = "needle-token",
        Said = "needle-said";

    private static readonly string[] Needles = [Password, Argument, Variable, Token, Said];

    private readonly string _root = Directory.CreateTempSubdirectory("qgactl-dump-").FullName;

    private string Dump => Path.Combine(_root, "dump.tar.gz");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_dump_holds_state_config_and_metrics_and_none_of_the_secrets()
    {
        await RunAsync(Node(), Config());

        var files = Unpacked();
        Assert.All(files, file => Assert.All(
            Needles, needle => Assert.False(file.Value.Contains(needle, StringComparison.Ordinal), $"{file.Key}: {needle}")));
        foreach (var name in (string[])
            ["readyz.json", "healthz.json", "metrics.txt", "hosts.json", "vms.json", "runs.json", "audit.json", "config.json",
                "disks.txt", "versions.txt", "summary.txt", "runs/r1.json", "runs/r2.json", "ledgers/0/watchdog.log"])
            Assert.Contains(name, files.Keys);
        Assert.Contains("\"degraded\"", files["readyz.json"], StringComparison.Ordinal);
        Assert.Contains("qga_vms 3", files["metrics.txt"], StringComparison.Ordinal);
        Assert.Contains("guest-exec", files["runs/r2.json"], StringComparison.Ordinal);
        Assert.Contains("the disk is full", files["runs/r1.json"], StringComparison.Ordinal);
        Assert.Contains("a watchdog's line", files["ledgers/0/watchdog.log"], StringComparison.Ordinal);
        var store = JsonNode.Parse(files["config.json"])!["Store"]!;
        Assert.Equal("Host=db1;Username=qgad;***", (string?)store["ConnectionString"]);
        Assert.Equal("/etc/qgad/password", (string?)store["PasswordFile"]);
    }

    [Fact]
    public async Task A_dump_is_the_owners_alone_and_overwrites_nothing()
    {
        await RunAsync(Node(), Config());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Dump));
        var before = await File.ReadAllBytesAsync(Dump);

        var again = await RunAsync(Node(), Config());

        Assert.Equal(ExitCodes.Usage, again.Code);
        Assert.Equal(before, await File.ReadAllBytesAsync(Dump));
    }

    [Fact]
    public async Task Without_a_node_the_machines_own_part_is_dumped_and_the_rest_is_named()
    {
        var ended = await RunAsync(null, Config());

        Assert.Equal(ExitCodes.Partial, ended.Code);
        Assert.Contains("summary.txt", ended.Error, StringComparison.Ordinal);
        var files = Unpacked();
        Assert.Contains("healthz.json: missing: ", files["summary.txt"], StringComparison.Ordinal);
        Assert.Contains("config.json", files.Keys);
    }

    [Fact]
    public async Task A_part_that_is_refused_is_named_and_the_others_are_there()
    {
        var node = Node().Instead("GET /v1/audit?limit=1000", "");
        node.Answers("GET /v1/runs/r1/items", "", HttpStatusCode.Forbidden);

        var ended = await RunAsync(node, Config());

        Assert.Equal(ExitCodes.Partial, ended.Code);
        Assert.Contains("audit.json: missing: ", Unpacked()["summary.txt"], StringComparison.Ordinal);
        Assert.Contains("hosts.json", Unpacked().Keys);
    }

    [Theory]
    [InlineData("""{"Store":{"Pasword":"needle"}}""")]
    [InlineData("""{"Store":{"ConnectionString":"Host=h;Pwd=needle"}}""")]
    [InlineData("""{"Store":{"ConnectionString":"Host=h;Username=\"a;Host=needle\""}}""")]
    [InlineData("""{"Store":"needle"}""")]
    [InlineData("""{"Stoer":{"Password":"needle"}}""")]
    [InlineData("""{"Freeze":{"Hooks":{"zfs":{"Program":"/x","Env":["A=needle"],"Arguments":["needle"]}}}}""")]
    [InlineData("""{"Node":{"AdminToken":"needle"}} // needle""")]
    [InlineData("""{"Node":{"Api":"http://me:needle@hv1:7070"}}""")]
    public void Whatever_a_config_holds_besides_its_known_keys_is_hidden(string config) =>
        Assert.DoesNotContain("needle", Redaction.Config(config).ToJsonString(), StringComparison.Ordinal);

    private static FakeNode Node() => new FakeNode()
        .Answers("GET /healthz", """{"status":"ok"}""")
        .Answers(
            "GET /readyz", """{"status":"degraded","checks":{"store":"the store is away: no route"}}""",
            HttpStatusCode.ServiceUnavailable)
        .Answers("GET /metrics", "qga_vms 3\n")
        .Answers("GET /v1/hosts", Answers.Page())
        .Answers("GET /v1/vms", Answers.Page())
        .Answers("GET /v1/audit?limit=1000", Answers.Page())
        .Answers("GET /v1/runs", Answers.Page(
            Run("r1", "backup", """{"method":"full"}"""),
            Run("r2", "command", $$"""{"command":"guest-exec","arguments":{"path":"{{Argument}}"},"new":"{{Argument}}"}"""),
            Run("r3", "exec", $$"""{"path":"/x","args":["{{Argument}}"],"env":["A={{Variable}}"]}""")))
        .Answers("GET /v1/runs/r1/items", Answers.Page(Item("the disk is full")))
        .Answers("GET /v1/runs/r2/items", Answers.Page(Item($"the agent said: no file {Argument}")))
        .Answers("GET /v1/runs/r3/items", Answers.Page(Item($"exit code 1: {Said}")));

    private static string Run(string id, string kind, string options) =>
        $$"""{"id":"{{id}}","kind":"{{kind}}","state":"failed","items":{"total":1,"failed":1},"options":{{options}} }""";

    private static string Item(string reason) =>
        $$"""{"vm":"db1","host":"hv1","state":"failed","reason":"{{reason}}","attempt":1,"values":{"out":"{{Said}}"} }""";

    private string Config()
    {
        var ledger = Directory.CreateDirectory(Path.Combine(_root, "ledger")).FullName;
        File.WriteAllText(Path.Combine(ledger, "watchdog.log"), "a watchdog's line\n");
        File.WriteAllText(Path.Combine(ledger, "db1.json"), $"{Said}");
        var data = Directory.CreateDirectory(Path.Combine(_root, "data")).FullName;
        File.WriteAllText(Path.Combine(data, "admin.token"), Token);
        var file = Path.Combine(_root, "node.json");
        File.WriteAllText(file, $$"""
            { "Node": { "DataDirectory": "{{data}}" }, // {{Password}}
              "Store": { "Provider": "postgresql", "ConnectionString": "Host=db1;Username=qgad;Password={{Password}}",
                "PasswordFile": "/etc/qgad/password" },
              "Freeze": { "Ledger": "{{ledger}}", "Hooks": { "zfs": { "Env": { "A": "{{Variable}}" } } } } }
            """);
        return file;
    }

    private Task<Ended> RunAsync(FakeNode? node, string config) => Qga.RunAsync(
        null, ["support-dump", "--to", Dump, "--config", config], host => host with
        {
            Handler = node ?? new FakeNode().Answers("GET /healthz", () => throw new HttpRequestException("refused")),
            Environment = name => name == "SECRET" ? Variable : null,
        });

    private Dictionary<string, string> Unpacked()
    {
        using var tar = new TarReader(new GZipStream(File.OpenRead(Dump), CompressionMode.Decompress));
        var files = new Dictionary<string, string>();
        while (tar.GetNextEntry() is { } entry)
            files[entry.Name["qga-support/".Length..]] = new StreamReader(entry.DataStream ?? Stream.Null).ReadToEnd();
        return files;
    }
}
