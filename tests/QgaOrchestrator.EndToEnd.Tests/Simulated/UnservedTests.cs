using System.Net;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Every command counts, selects and reports the VMs that it cannot serve, like all others.</summary>
public sealed class UnservedTests
{
    private const string Odd = @"my\u001b[31m vm";

    /// <summary>Each with its state and some words of its reason.</summary>
    private static readonly Dictionary<string, (string State, string Words)> Troubled = new()
    {
        [Odd] = (AgentStates.Invalid, "its name is not a VM's name"),
        ["vm003"] = (AgentStates.None, "a monitor and no agent's socket"),
        ["gone"] = (AgentStates.Missing, "the fleet file places it here"),
        ["far"] = (AgentStates.Missing, "the fleet file says that it is on host elsewhere"),
    };

    [Fact]
    public async Task Every_VM_that_is_found_or_placed_is_listed()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """
            {
              "Vms": [
                { "Name": "gone", "Agent": "unix:/nowhere/qga.sock", "Group": "shop" },
                { "Name": "vm002", "Group": "shop" },
                { "Name": "far", "Host": "elsewhere" }
              ]
            }
            """);
        await using var lab = await SimulatedLab.StartAsync(3, null, fleet =>
        {
            File.Delete(fleet.Vms[2].AgentPath);
            var odd = Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(fleet.Vms[0].Directory)!, "my\u001b[31m vm"));
            File.WriteAllText(Path.Combine(odd.FullName, "qga.sock"), "");
        }, $"--Fleet:File={file}");
        await lab.WaitForReadyAsync(2);
        var vms = await ListedAsync(lab);

        var (run, items) = await lab.BackupAsync();
        Assert.Equal((RunStates.Partial, 6), (run.State, run.Items.Total));
        Assert.Equal(ItemStates.Succeeded, items["vm001"].State);
        Assert.All(Troubled.Keys, name =>
            Assert.Equal((ItemStates.Failed, vms[name].Agent.Reason), (items[name].State, items[name].Reason))
        );
        Assert.All(Troubled.Keys, name => Assert.Equal(vms[name].Agent.Remedy, items[name].Remedy));
        // Its group cannot be whole.
        Assert.Equal(ItemStates.Failed, items["vm002"].State);

        var (_, check) = await lab.BackupAsync(new JsonObject { ["dryRun"] = true });
        Assert.All(Troubled, told => Assert.Contains(told.Value.Words, check[told.Key].Reason, StringComparison.Ordinal));

        var (_, crash) = await lab.BackupAsync(new JsonObject { ["consistency"] = "prefer" }, "name=vm003");
        Assert.Equal((ItemStates.Succeeded, "crash"), (crash["vm003"].State, crash["vm003"].Class));
        Assert.Equal(0, lab.Fleet.FrozenNow);
        File.Delete(file);
    }

    /// <summary>As API, qgactl and agent commands report them.</summary>
    private static async Task<Dictionary<string, Vm>> ListedAsync(SimulatedLab lab)
    {
        await Poll.ForAsync("six VMs", SimulatedLab.Limit, async () => (await lab.VmsAsync()).Count == 6 ? "there" : null);
        var page = await lab.Client.GetVmsAsync();
        Assert.Equal(6, page.Total);
        var vms = page.Items.ToDictionary(vm => vm.Name);
        foreach (var (name, (state, words)) in Troubled)
        {
            Assert.Equal((name, state), (name, vms[name].Agent.State));
            Assert.Contains(words, vms[name].Agent.Reason, StringComparison.Ordinal);
            var refused = await Assert.ThrowsAsync<ApiException>(
                () => lab.Client.CallAgentAsync(vms[name].Id, "guest-ping", default, new()));
            Assert.Equal((HttpStatusCode.ServiceUnavailable, vms[name].Agent.Reason), (refused.Status, refused.Message));
            var shown = await lab.Node.CtlAsync("vm", "show", vms[name].Id);
            Assert.Contains(vms[name].Agent.Remedy!, shown.Output, StringComparison.Ordinal);
        }
        var list = await lab.Node.CtlAsync("vm", "list");
        Assert.Contains("6 VMs; with problems: 1 invalid, 2 missing, 1 none", list.Output, StringComparison.Ordinal);
        return vms;
    }
}
