using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>
/// A qgad with its watchdog that several tests use one after another, as a start costs seconds of a processor: started by the
/// first that asks for it. It sees the VMs that a link in its folder leads to. A test links its own, under names that no other
/// test has, and takes the links away at its end.
/// </summary>
internal sealed class LinkedNode : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private NodeProcess? _process;

    public string Folder { get; } = Directory.CreateTempSubdirectory("qga-e2e-").FullName;

    /// <summary>Its fleet file: a test may write it before it shows its VMs.</summary>
    public string FleetFile => Path.Combine(Folder, "fleet.json");

    private string Links => Path.Combine(Folder, "vms");

    /// <summary>It runs, again where the test before has ended it, and knows of no VM: those of that test are gone.</summary>
    /// <param name="settings">Further options of the node, the same each time.</param>
    /// <param name="environment">Added to its own, the same each time.</param>
    public async Task<NodeProcess> ReadyAsync(string[] settings, IReadOnlyDictionary<string, string>? environment = null)
    {
        if (_process is null)
        {
            Directory.CreateDirectory(Links);
            await File.WriteAllTextAsync(FleetFile, """{ "Vms": [] }""");
            _process = await NodeProcess.StartAsync(
                Path.Combine(Folder, "node"), Links, [$"--Fleet:File={FleetFile}", .. settings], environment);
        }
        if (_process.HasEnded) await _process.StartAgainAsync();
        await HasNoneAsync();
        return _process;
    }

    /// <param name="directories">Each is named like its VM.</param>
    public void Show(params IEnumerable<string> directories)
    {
        foreach (var directory in directories) Directory.CreateSymbolicLink(LinkOf(directory), directory);
    }

    public void Hide(params IEnumerable<string> directories)
    {
        foreach (var directory in directories) File.Delete(LinkOf(directory));
    }

    public void WriteFleetFile(string text)
    {
        File.WriteAllText(FleetFile + ".new", text);
        File.Move(FleetFile + ".new", FleetFile, overwrite: true);
    }

    /// <summary>Waits until it has forgotten those that were hidden, and so has closed their sockets.</summary>
    public async Task HasNoneAsync()
    {
        using var client = _process!.Client();
        await Poll.ForAsync("node without VMs", Limit, async () =>
        {
            await foreach (var _ in client.ListVmsAsync()) return null;
            return "none";
        });
    }

    /// <summary>Ends it and its watchdog; its folder stays.</summary>
    public async Task EndAsync()
    {
        if (_process is not { } node) return;
        _process = null;
        await node.DisposeAsync();
        if (node.Watchdog is { } watchdog) HostProcess.Signal(watchdog, HostProcess.SigKill);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        if (Environment.GetEnvironmentVariable("QGA_LAB_KEEP") != "1") Directory.Delete(Folder, recursive: true);
    }

    private string LinkOf(string directory) => Path.Combine(Links, Path.GetFileName(directory));
}
