using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>Nodes by names of the caller's: what is kept, and which node is asked with which token.</summary>
public sealed class ContextTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("qgactl-context-").FullName;
    private readonly Dictionary<string, string> _environment = [];

    public ContextTests()
    {
        _environment["XDG_CONFIG_HOME"] = Path.Combine(_root, "config");
        File.WriteAllText(TokenOf("prod"), "prod-secret\n");
        File.WriteAllText(TokenOf("lab"), "lab-secret\n");
    }

    private string Kept => Path.Combine(_root, "config", "qgactl", "contexts.json");

    private FakeNode Node { get; } = new FakeNode().Answers("GET /v1/tokens", """{"items":[]}""");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_context_is_kept_in_a_file_of_the_users_alone_that_holds_no_token()
    {
        await AddAsync("prod", "https://hv1.example.com:7070");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Kept));
        Assert.DoesNotContain("prod-secret", await File.ReadAllTextAsync(Kept), StringComparison.Ordinal);
        Assert.Contains(TokenOf("prod"), await File.ReadAllTextAsync(Kept), StringComparison.Ordinal);
        Assert.Equal(
            $"IN USE  NAME  API                           CA  TOKEN FILE\n-       prod  https://hv1.example.com:7070  -   {TokenOf("prod")}\n",
            (await RunAsync("context", "list")).Out);
    }

    [Fact]
    public async Task The_context_in_use_is_asked_with_its_token_and_another_by_its_name()
    {
        await AddAsync("prod", "http://prod:7070");
        await AddAsync("lab", "http://lab:7070");
        Assert.Equal(0, (await RunAsync("context", "use", "prod")).Code);

        Assert.Equal(("http://prod:7070/v1/tokens", "Bearer prod-secret"), await AskedAsync());
        Assert.Equal(("http://lab:7070/v1/tokens", "Bearer lab-secret"), await AskedAsync("--context", "lab"));
    }

    [Fact]
    public async Task Options_stand_before_a_context_and_the_environment_before_the_one_in_use()
    {
        await AddAsync("prod", "http://prod:7070");
        await RunAsync("context", "use", "prod");
        _environment["QGACTL_API"] = "http://env:1";
        _environment["QGACTL_TOKEN_FILE"] = TokenOf("lab");

        Assert.Equal(("http://env:1/v1/tokens", "Bearer lab-secret"), await AskedAsync());
        Assert.Equal(("http://option:2/v1/tokens", "Bearer lab-secret"), await AskedAsync("--api", "http://option:2"));
        Assert.Equal(("http://prod:7070/v1/tokens", "Bearer prod-secret"), await AskedAsync("--context", "prod"));
        Assert.Equal(
            ("http://prod:7070/v1/tokens", "Bearer lab-secret"),
            await AskedAsync("--context", "prod", "--token-file", TokenOf("lab")));
    }

    [Fact]
    public async Task A_token_of_the_environment_is_not_shown_to_a_context_without_a_token()
    {
        await RunAsync("context", "add", "open", "--api", "http://open:7070");
        _environment["QGACTL_TOKEN_FILE"] = TokenOf("prod");

        Assert.Equal(("http://open:7070/v1/tokens", null), await AskedAsync("--context", "open"));
    }

    [Theory]
    [InlineData("--context prod --api http://x:1", "--api and --context name 2 nodes: give one of them.")]
    [InlineData("--context prod --config x.json", "--config and --context name 2 nodes: give one of them.")]
    [InlineData("--context nowhere", "There is no context nowhere.")]
    public async Task A_node_that_is_named_twice_or_not_known_is_refused(string options, string said)
    {
        await AddAsync("prod", "http://prod:7070");

        var ended = await RunAsync(["token", "list", .. options.Split(' ')]);

        Assert.Equal((ExitCodes.Usage, true), (ended.Code, ended.Error.Contains(said, StringComparison.Ordinal)));
        Assert.Empty(Node.Requests);
    }

    [Fact]
    public async Task A_context_whose_token_file_is_gone_names_the_file_and_the_remedy()
    {
        await AddAsync("prod", "http://prod:7070");
        File.Delete(TokenOf("prod"));

        var ended = await RunAsync("token", "list", "--context", "prod");

        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.Equal(
            $"qgactl: Context prod: there is no token file {TokenOf("prod")}.\n"
                + "  Put the file back, name another by --token-file FILE, or add the context again with one.\n",
            ended.Error);
    }

    [Fact]
    public async Task A_removed_context_is_not_in_use_and_its_files_stay()
    {
        await AddAsync("prod", "http://prod:7070");
        await RunAsync("context", "use", "prod");

        Assert.Equal(0, (await RunAsync("context", "remove", "prod")).Code);

        Assert.True(File.Exists(TokenOf("prod")));
        Assert.Equal(ExitCodes.Unreachable, (await RunAsync("token", "list")).Code);
        Assert.Equal(ExitCodes.Usage, (await RunAsync("context", "remove", "prod")).Code);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("""{"current":null,"contexts":null}""")]
    [InlineData("""{"current":null,"contexts":{"prod":null}}""")]
    [InlineData("""{"current":null,"contexts":{"prod":{"api":null}}}""")]
    public async Task A_file_of_contexts_that_cannot_be_meant_is_a_usage_error(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Kept)!);
        await File.WriteAllTextAsync(Kept, text);

        var ended = await RunAsync("token", "list", "--context", "prod");

        Assert.Equal((ExitCodes.Usage, true), (ended.Code, ended.Error.Contains(Kept, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Contexts_that_others_can_write_are_not_used()
    {
        await AddAsync("prod", "http://prod:7070");
        File.SetUnixFileMode(Kept, File.GetUnixFileMode(Kept) | UnixFileMode.OtherWrite);

        var ended = await RunAsync("token", "list", "--context", "prod");

        Assert.Equal((ExitCodes.Usage, true), (ended.Code, ended.Error.Contains("chmod go-w", StringComparison.Ordinal)));
        Assert.Empty(Node.Requests);
    }

    [Theory]
    [InlineData("context add prod", "--api is missing")]
    [InlineData("context add a/b --api http://x:1", "NAME: letters")]
    [InlineData("context add prod --api ftp://x", "is not an http address")]
    [InlineData("context add prod --api http://x:1 --token-file /no/such.token", "there is no file /no/such.token")]
    public async Task What_cannot_be_a_context_is_not_kept(string line, string said)
    {
        var ended = await RunAsync(line.Split(' '));

        Assert.Equal((ExitCodes.Usage, true), (ended.Code, ended.Error.Contains(said, StringComparison.Ordinal)));
        Assert.False(File.Exists(Kept));
    }

    private string TokenOf(string name) => Path.Combine(_root, $"{name}.token");

    private async Task AddAsync(string name, string api) =>
        Assert.Equal(0, (await RunAsync("context", "add", name, "--api", api, "--token-file", TokenOf(name))).Code);

    private async Task<(string Uri, string? Authorization)> AskedAsync(params string[] options)
    {
        Node.Requests.Clear();
        Assert.Equal(0, (await RunAsync(["token", "list", .. options])).Code);
        var asked = Node.Requests.Single();
        return (asked.Uri.OriginalString, asked.Header("Authorization"));
    }

    private Task<Ended> RunAsync(params string[] arguments) => Qga.RunAsync(
        null, arguments, host => host with { Environment = name => _environment.GetValueOrDefault(name), Handler = Node });
}
