namespace QgaOrchestrator.Node.Tests.Options;

public sealed class MigrateCommandTests : IDisposable
{
    private const string Server = "--Store:ConnectionString=Host=/none;Database=qgad;Username=qgad";

    private readonly TempDirectory _directory = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _directory.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_source_must_be_named_and_be_a_nodes_data_directory()
    {
        await IsRefusedAsync("--from DATA");
        await IsRefusedAsync("no qgad.lock", "--from", _directory.Path, "--Store:Provider=postgresql", Server);
        await IsRefusedAsync("no qgad.lock", "--from", "/none", "--Store:Provider=postgresql", Server);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task A_source_that_a_node_uses_is_refused_with_its_pid()
    {
        using var held = new FileStream(
            _directory.Write("qgad.lock", ""), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        _directory.Write("qgad.pid", "4711");

        await IsRefusedAsync("pid 4711", "--from", _directory.Path, "--Store:Provider=postgresql", Server);
    }

    [Fact]
    public async Task A_config_that_names_no_other_store_or_is_wrong_is_refused()
    {
        _directory.Write("qgad.lock", "");

        await IsRefusedAsync("postgresql", "--from", _directory.Path);
        await IsRefusedAsync("Store:ConnectionString", "--from", _directory.Path, "--Store:Provider=postgresql");
    }

    private async Task IsRefusedAsync(string told, params string[] arguments)
    {
        _error.GetStringBuilder().Clear();
        using var output = new StringWriter();

        Assert.Equal(2, await QgadCommand.RunAsync(
            ["migrate", .. arguments], new Dictionary<string, string>(), "hv1", "/", output, _error));

        Assert.Contains(told, _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(output.ToString());
    }
}
