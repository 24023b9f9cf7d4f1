using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Qemu.Tests.Ledger;

public sealed class LedgerPathTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qga").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Without_a_config_the_ledger_is_at_its_default_path()
    {
        var path = Load(null);
        Assert.Equal($"/run/qgad/{Environment.MachineName}", path.Preferred);
        Assert.Equal(2, path.Candidates.Count);
    }

    [Fact]
    public void A_config_names_it_and_relative_paths_are_relative_to_the_config()
    {
        var path = Load("""
            { "node": { "Host": "hv1", "DataDirectory": "d" }, "Freeze": { "Ledger": "led/{host}/" }, // ours
              "Other": [1], }
            """);
        Assert.Equal(Path.Combine(_directory, "led/hv1"), path.Preferred);
        Assert.Equal(path.Preferred, path.Resolve());
        Assert.Equal([path.Preferred], path.Candidates);
        Assert.Equal(Path.Combine(_directory, "d/frozen"), path.Fallback);
    }

    [Fact]
    public void An_argument_wins_over_the_environment_and_that_over_the_file()
    {
        const string config = """{ "Node": { "Host": "file" }, "Freeze": { "Ledger": "/l/{host}" } }""";
        var environment = new Dictionary<string, string?> { ["QGA__Node__Host"] = "env", ["QGA__Freeze__Ledger"] = "/e/{host}" };
        Assert.Equal("/e/env", Load(config, environment: environment).Preferred);
        Assert.Equal("/e/arg", Load(config, ["--node:host=arg"], environment).Preferred);
        Assert.Equal("/a/env", Load(config, ["--Freeze:Ledger", "/a/{host}"], environment).Preferred);
    }

    [Fact]
    public void Without_write_access_to_run_the_ledger_is_in_the_data_directory()
    {
        var path = new LedgerPath("/run/qgad-none/{host}", "hv1", "data", _directory);
        Assert.Equal("/run/qgad-none/hv1", path.Resolve(_ => true));
        string? asked = null;
        Assert.Equal(Path.Combine(_directory, "data/frozen"), path.Resolve(directory => (asked = directory) is null));
        Assert.Equal("/run", asked);
        Assert.Equal(_directory, new LedgerPath(_directory, null, "data", "/").Resolve(_ => false));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{ "Freeze": { "Ledger": 5 } }""")]
    public void A_config_that_cannot_be_meant_is_an_error_that_names_the_file(string config) =>
        Assert.Contains("node.json", Assert.Throws<FormatException>(() => Load(config)).Message, StringComparison.Ordinal);

    private LedgerPath Load(string? config, string[]? arguments = null, Dictionary<string, string?>? environment = null)
    {
        var file = Path.Combine(_directory, "node.json");
        if (config is not null)
            File.WriteAllText(file, config);
        return LedgerPath.Load(config is null ? null : file, arguments ?? [], key => environment?.GetValueOrDefault(key));
    }
}
