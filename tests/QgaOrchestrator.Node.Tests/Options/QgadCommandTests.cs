namespace QgaOrchestrator.Node.Tests.Options;

/// <summary>What qgad tells without a start.</summary>
public sealed class QgadCommandTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly StringWriter _output = new(), _error = new();

    public void Dispose()
    {
        _directory.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("--help", "usage: qgad [--config FILE]")]
    [InlineData("check-config --help", "usage: qgad [--config FILE]")]
    [InlineData("--version", "qgad 0.")]
    public async Task Help_and_version_are_told_and_nothing_is_started(string line, string told)
    {
        Assert.Equal(0, await RunAsync(line.Split(' ')));
        Assert.Contains(told, _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_alone_run_the_node() => Assert.Null(await RunAsync("--config", "node.json"));

    [Fact]
    public async Task Good_options_end_with_0_and_nothing_is_made()
    {
        var file = _directory.Write("node.json", """{ "Freeze": { "Ledger": "./ledger" } }""");

        Assert.Equal((0, ""), (await RunAsync("check-config", "--config", file), _error.ToString()));

        Assert.Contains($"ledger {_directory.Path}/ledger", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task A_check_of_the_config_reports_every_fault_at_once_with_a_remedy()
    {
        var file = _directory.Write("node.json", """
            { "Node": { "Hots": "x", "DataDirectory": "./data", "Api": "http://192.0.2.1:7070", "TargetGroup": "no-such-group" },
              "Freeze": { "Lease": "10", "Ledger": "./node.json/ledger" } }
            """);
        Directory.CreateDirectory(Path.Combine(_directory.Path, "data"), (UnixFileMode)0b111_101_101);
        _directory.Write("data/admin.token", "short");
        _directory.Write("data/tokens.json", "{");

        Assert.Equal(2, await RunAsync("check-config", "--config", file));

        string[] told = [.. _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
        Assert.Equal("", _output.ToString());
        Assert.Equal(8, told.Length);
        foreach (var (at, text) in new[]
        {
            ("Hots", "did you mean Node:Host?"),
            ("Lease", "a duration hh:mm:ss"),
            ("admin.token", "remove it and start again"),
            ("tokens.json", "tokens.json"),
            ("Node:DataDirectory", "chmod 0700"),
            ("Freeze:Ledger", "name another"),
            ("Node:Api", "is not an address of this machine"),
            ("TargetGroup", "groupadd no-such-group"),
        }
        )
            Assert.Contains(told, line =>
                line.Contains(at, StringComparison.Ordinal) && line.Contains(text, StringComparison.Ordinal)
            );
    }

    private Task<int?> RunAsync(params string[] arguments) =>
        Node.QgadCommand.RunAsync(arguments, new Dictionary<string, string>(), "hv1", _directory.Path, _output, _error);
}
