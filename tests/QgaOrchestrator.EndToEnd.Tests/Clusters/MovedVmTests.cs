using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>One real VM that QEMU moves between the hosts of a cluster while it is frozen.</summary>
[Collection(nameof(Alone))]
public sealed class MovedVmTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>From running on its new host to thawed.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(2);

    private readonly List<ClusterNode> _nodes = [];

    [SkippableFact]
    public async Task A_frozen_VM_that_QEMU_moves_is_thawed_where_it_runs_and_has_one_point()
    {
        await using var vms = await RealVmLab.OpenAsync();
        await using var lab = await StartAsync();
        using var client = _nodes[2].Client();
        var first = await vms.StartAsync("web");
        Show(first, 0);
        var uuid = await ReadyAsync(client, "hv1");

        // In the window of a run, to the second host.
        var run = await client.StartRunAsync(new RunRequest("backup", "name=web", new JsonObject
        {
            ["method"] = "hook",
            ["hook"] = "files",
        }));
        await using var second = await first.AwaitAtAsync(first.Directory + "-2");
        Show(second, 1);
        await Poll.UntilAsync(
            "hook inside its cut", Limit, () => Directory.Exists(Path.Combine(_nodes[0].Folder, "..", "hanging")));
        Assert.True(first.IsFrozen());
        await first.MoveToAsync(second);
        await ThawedAsync(second, 1);
        await EndAsync(first, 0);

        Run? last = null;
        await foreach (var update in client.WatchRunAsync(run.Id)) last = (update as RunUpdate.RunChanged)?.Run ?? last;
        var item = Assert.Single(await ListAsync(client.ListRunItemsAsync(run.Id)));
        Assert.True(last!.State == RunStates.Succeeded, $"{last.State}: {item.Reason}\n{_nodes[0].Log}\n{_nodes[1].Log}");
        Assert.Equal("hv2", item.Host);
        Assert.Equal(uuid, Assert.Single(await ListAsync(client.ListPointsAsync())).Uuid);
        Assert.Equal(uuid, await ReadyAsync(client, "hv2"));
        await second.Synced.WritesAfterAsync(second.Synced.Latest, Limit);

        // Frozen by hand, to the third host; nothing of the second is left that could tell or thaw.
        await client.CallAgentAsync(
            "web", "guest-fsfreeze-freeze", default, new AgentCallOptions(Lease: TimeSpan.FromMinutes(5)));
        await Poll.ForAsync("the frozen VM", Limit, async () => (await client.GetVmAsync("web")).Frozen ? "frozen" : null);
        await using var third = await second.AwaitAtAsync(first.Directory + "-3");
        Show(third, 2);
        HostProcess.Signal(_nodes[1].Watchdog!.Value, HostProcess.SigKill);
        await _nodes[1].KillAsync();
        Assert.True(second.IsFrozen());
        await second.MoveToAsync(third);
        await EndAsync(second, 1);
        await ThawedAsync(third, 2);
        await third.Synced.WritesAfterAsync(third.Synced.Latest, Limit);
    }

    /// <summary>Waits until the moved guest runs here, and then for its thaw: its hook tells of it.</summary>
    private async Task ThawedAsync(RealVm vm, int node)
    {
        using (var monitor = await LabMonitor.ConnectAsync(vm.SecondMonitor))
            await Poll.ForAsync("the moved guest", Limit, async () =>
                (string?)(await monitor.CallAsync("query-status"))!["status"] == "running" ? "runs" : null);
        var (runs, began) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetUtcNow());
        await Poll.UntilAsync(
            "thaw", Limit, () => vm.Synced.Hooks is [.., { What: "thaw" }], () => string.Join('\n', _nodes.Select(n => n.Log)));
        var after = TimeProvider.System.GetElapsedTime(runs);
        Assert.True(after < Promised, $"thawed {after} after it ran at {began:O}\n{_nodes[node].Log}");
    }

    /// <summary>The only VM, ready on this host.</summary>
    /// <returns>Its UUID.</returns>
    private Task<string> ReadyAsync(QgaClient client, string host) => Poll.ForAsync($"the VM on {host}", Limit, async () =>
        (await client.GetVmsAsync()).Items is [{ Agent.State: AgentStates.Ready, Uuid: { } uuid } vm] && vm.Host == host
            ? uuid
            : null,
        () => string.Join('\n', _nodes.Select(node => node.Log)));

    /// <summary>This QEMU is on that node's host.</summary>
    private void Show(RealVm vm, int node) =>
        Directory.CreateSymbolicLink(Path.Combine(_nodes[node].Folder, "vms", "web"), vm.Directory);

    /// <summary>Its management ends a QEMU that has given its guest away, and clears its sockets away.</summary>
    private async Task EndAsync(RealVm vm, int node)
    {
        await vm.StopAsync(crash: true);
        Directory.Delete(Path.Combine(_nodes[node].Folder, "vms", "web"));
    }

    /// <summary>Three nodes with a hook whose first cut hangs.</summary>
    private async Task<ClusterLab> StartAsync()
    {
        var lab = await ClusterLab.MakeAsync();
        try
        {
            foreach (var number in new[] { 1, 2, 3 })
            {
                var node = await lab.NodeAsync(number);
                _nodes.Add(node);
                Directory.CreateDirectory(Path.Combine(node.Folder, "vms"));
                (node.FindsVms, node.Freeze) = (true, $$""", "Hooks": { "files": ["{{node.Folder}}/../hook"] }""");
            }
            await WriteHookAsync(Path.Combine(_nodes[0].Folder, "..", "hook"));
            await ClusterLab.StartAsync(_nodes);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    private static async Task WriteHookAsync(string path)
    {
        await File.WriteAllTextAsync(path, """
            #!/bin/sh
            # A snapshot is a copy of the disk's file. The first cut goes on for ever.
            set -eu
            folder=${0%/*}
            call=$(cat)
            get() { printf %s "$call" | jq -r "$1"; }
            name=$(get .name)
            case $(get .phase) in
            cut)
              if mkdir "$folder/hanging" 2>/dev/null; then sleep 1000; fi
              get '.disks[] | "\(.index) \(.file)"' | while read -r index file; do cp "$file" "$folder/$name-$index"; done
              ;;
            finish)
              get '.disks[] | "\(.index) \(.image)"' | while read -r index image; do cp "$folder/$name-$index" "$image"; done
              ;;
            undo) rm -f "$folder/$name"-* ;;
            esac
            echo '{}'
            """);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items) list.Add(item);
        return list;
    }
}
