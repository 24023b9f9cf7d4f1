using QgaOrchestrator.Cli.Connection;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>Which node is meant, and with which token.</summary>
public sealed class LocatorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("qgactl-locator-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_running_node_is_found_by_what_it_left_beside_its_ledger()
    {
        RunningNode("hv1", 7070);

        Assert.Equal(new NodeLocation(new Uri("http://127.0.0.1:7070"), "/data/hv1/admin.token"), Locate(new(null, null, null)));
    }

    [Fact]
    public void With_several_running_nodes_none_is_chosen_by_guessing()
    {
        RunningNode("hv1", 7070);
        RunningNode("hv2", 7071);

        var refused = Assert.Throws<UsageException>(() => Locate(new(null, null, null)));

        Assert.Contains("http://127.0.0.1:7070, http://127.0.0.1:7071", refused.Message, StringComparison.Ordinal);
        Assert.Equal("/data/hv2/admin.token", Locate(new(null, "http://127.0.0.1:7071", null)).TokenFile);
    }

    [Fact]
    public void Without_a_node_qgactl_lists_where_it_looked_and_exits_as_unreachable()
    {
        var failed = Assert.Throws<CommandFailedException>(() => Locate(new(null, null, null)));

        Assert.Equal(ExitCodes.Unreachable, failed.ExitCode);
        Assert.Contains(_root, failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """{ "Node": { "Api": "http://127.0.0.1:9000", "DataDirectory": "./d" } }""",
        "http://127.0.0.1:9000/",
        "d/admin.token"
    )]
    [InlineData(
        """{ "node": { "api": "http://0.0.0.0:9000" } } // as .NET reads it""",
        "http://127.0.0.1:9000/",
        "data/admin.token"
    )]
    [InlineData("{}", "http://127.0.0.1:7070/", "data/admin.token")]
    public void A_config_file_tells_address_and_token_relative_to_itself(string config, string api, string token)
    {
        var found = Locate(new(Config(config), null, null));

        Assert.Equal((api, Path.Combine(_root, token)), (found.Api.ToString(), found.TokenFile));
    }

    [Fact]
    public void A_port_that_the_system_chose_is_told_by_the_running_node()
    {
        var config = Config("""{ "Node": { "Api": "http://127.0.0.1:0" }, "Freeze": { "Ledger": "./ledger" } }""");
        Directory.CreateDirectory(Path.Combine(_root, "ledger"));
        File.WriteAllText(Path.Combine(_root, "ledger", "api.json"), """{"api":"http://127.0.0.1:43210","tokenFile":"/t"}""");

        Assert.Equal(new NodeLocation(new Uri("http://127.0.0.1:43210"), "/t"), Locate(new(config, null, null)));
    }

    [Fact]
    public void Options_stand_before_the_environment_and_an_address_before_a_config_file()
    {
        var environment = new Dictionary<string, string>
        {
            [NodeLocator.ApiVariable] = "http://env:1",
            [NodeLocator.ConfigVariable] = Config("{}"),
            [NodeLocator.TokenFileVariable] = "/env.token",
        };

        Assert.Equal(
            new NodeLocation(new Uri("http://option:2"), "/env.token"), Locate(new(null, "http://option:2", null), environment));
        Assert.Equal(
            new NodeLocation(new Uri("http://env:1"), "/option.token"), Locate(new(null, null, "/option.token"), environment));
        environment.Remove(NodeLocator.ApiVariable);
        Assert.Equal(new Uri("http://127.0.0.1:7070"), Locate(new(null, null, null), environment).Api);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{ "Node": { "Api": 7 } }""")]
    [InlineData("""{ "Node": { "Api": "unix:/x" } }""")]
    public void A_config_file_that_cannot_be_meant_is_a_usage_error(string config)
    {
        Assert.Throws<UsageException>(() => Locate(new(Config(config), null, null)));
    }

    [Fact]
    public void A_missing_token_file_is_named()
    {
        Assert.Contains(
            "/no/such.token",
            Assert.Throws<UsageException>(() => TokenFile.Read("/no/such.token")).Message,
            StringComparison.Ordinal
        );
    }

    private NodeLocation Locate(NodeHints hints, Dictionary<string, string>? environment = null) =>
        new NodeLocator(
            new CliHost(
                TextReader.Null,
                TextWriter.Null,
                TextWriter.Null,
                name => environment?.GetValueOrDefault(name),
                new ManualTime()
            )
            { RunDirectory = Path.Combine(_root, "run") }).Locate(hints);

    private void RunningNode(string host, int port)
    {
        var ledger = Directory.CreateDirectory(Path.Combine(_root, "run", host)).FullName;
        File.WriteAllText(
            Path.Combine(ledger, "api.json"),
            $$"""{"api":"http://127.0.0.1:{{port}}","tokenFile":"/data/{{host}}/admin.token"}"""
        );
    }

    private string Config(string text)
    {
        var file = Path.Combine(_root, "node.json");
        File.WriteAllText(file, text);
        return file;
    }
}
