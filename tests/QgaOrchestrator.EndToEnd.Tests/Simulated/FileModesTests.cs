using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Kinds.Command;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Whose the files of a node are, over the whole tree.</summary>
[Collection(nameof(SharedNode))]
public sealed class FileModesTests(SharedNode shared)
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    [Fact]
    public async Task After_runs_no_file_of_the_node_is_open_to_others_but_its_points_and_its_address()
    {
        await using var lab = await shared.StartAsync(2);
        await lab.WaitForReadyAsync(2);
        Assert.Equal(RunStates.Succeeded, (await lab.BackupAsync()).Run.State);
        var asked = await lab.Client.StartRunAsync(
            new RunRequest(CommandKind.Name, "*", new JsonObject { ["command"] = "guest-get-osinfo" }));
        Assert.Equal(RunStates.Succeeded, (await lab.EndOfAsync(asked.Id)).State);

        var open = Entries(lab.Node.Data).Concat(Entries(lab.Node.Ledger))
            .Where(path => !path.StartsWith(lab.Points, StringComparison.Ordinal) && (File.GetUnixFileMode(path) & Others) != 0);
        Assert.Equal([Path.Combine(lab.Node.Ledger, "api.json")], open);
        Assert.Contains(Path.Combine(lab.Node.Data, "journal.db"), Entries(lab.Node.Data));
        Assert.Contains(Path.Combine(lab.Node.Ledger, "watchdog.sock"), Entries(lab.Node.Ledger));

        // What QEMU's group sees of a point: it passes through to it, writes images into it, and reads what it is.
        var points = Entries(lab.Points)
            .Where(path => lab.Fleet.Vms.Any(vm => path.Contains($"~{vm.Name}", StringComparison.Ordinal)))
            .Where(path => !path.EndsWith(".qcow2", StringComparison.Ordinal))
            .ToLookup(path => File.GetUnixFileMode(path));
        Assert.Equal(2, points[Octal("2770")].Count());
        Assert.Equal(2, points[Octal("640")].Count(path => Path.GetFileName(path) == "point.json"));
        Assert.Equal([Octal("640"), Octal("2750"), Octal("2770")], points.Select(mode => mode.Key).Order());
    }

    private static IEnumerable<string> Entries(string directory) =>
        Directory.EnumerateFileSystemEntries(
            directory,
            "*",
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }
        );

    private static UnixFileMode Octal(string mode) => (UnixFileMode)Convert.ToInt32(mode, 8);
}
