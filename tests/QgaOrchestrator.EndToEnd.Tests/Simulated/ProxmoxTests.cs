using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A Proxmox host: its own tools go on beside ours, and each VM is locked for as long as it is backed up.</summary>
public sealed class ProxmoxTests
{
    private const int Vms = 3;

    private static readonly TimeSpan BetweenCalls = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task No_call_of_Proxmoxs_tools_fails_beside_a_fleets_backups()
    {
        await using var lab = await SimulatedLab.OnProxmoxAsync(Vms);
        await lab.WaitForReadyAsync(Vms);
        using var done = new CancellationTokenSource();
        var others = lab.Fleet.Vms.Select(vm => CallAsync(vm, done.Token)).ToList();

        for (var runs = 0; runs < 3; runs++)
        {
            var (run, items) = await lab.BackupAsync();
            Assert.True(run.State == RunStates.Succeeded, string.Join('\n', items.Values));
        }
        await done.CancelAsync();

        foreach (var (calls, failed) in await Task.WhenAll(others))
        {
            Assert.Empty(failed);
            Assert.InRange(calls, 20, int.MaxValue);
        }
        Assert.All(lab.Fleet.Cuts, cut => Assert.True(cut.Frozen));
        AssertUnlocked(lab);
        Assert.Equal(3 * 2 * Vms, lab.Proxmox!.Calls.Count);
        await lab.AssertNothingLeftAsync(3 * Vms);
    }

    [Fact]
    public async Task VMs_have_the_labels_of_their_configs_and_follow_them()
    {
        await using var lab = await SimulatedLab.OnProxmoxAsync(Vms);
        await lab.WaitForReadyAsync(Vms);
        Assert.Equal("vm1", (await lab.VmsAsync())["101"].Labels["pve.name"]);

        lab.Proxmox!.Write(101, "name: renamed\ntags: test\n");
        lab.Proxmox.Move(102, "pve2");

        await Poll.ForAsync("the changes", SimulatedLab.Limit, async () =>
            await lab.VmsAsync() is { Count: 2 } vms && vms["101"].Labels.ContainsKey("pve.tag.test") ? "seen" : null);
        var (_, items) = await lab.BackupAsync(null, "pve.tag.prod");
        Assert.Equal(["100"], items.Keys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_VM_that_somebody_else_has_locked_is_not_frozen(bool takesLock)
    {
        await using var lab = await SimulatedLab.OnProxmoxAsync(Vms, takesLock);
        await lab.WaitForReadyAsync(Vms);
        lab.Proxmox!.Lock(100, "snapshot");

        foreach (var isDry in new[] { true, false })
        {
            var (_, items) = await lab.BackupAsync(new JsonObject { ["dryRun"] = isDry });
            Assert.Equal(ItemStates.Failed, items["100"].State);
            Assert.Contains("VM 100 is locked (snapshot)", items["100"].Reason, StringComparison.Ordinal);
            Assert.Equal(ItemStates.Succeeded, items["101"].State);
        }

        Assert.Empty(lab.Fleet["100"].Guest.Freezes);
        Assert.Equal("snapshot", lab.Proxmox.LockOf(100));
        Assert.Equal(takesLock ? 4 : 0, lab.Proxmox.Calls.Count);
    }

    [Fact]
    public async Task A_VM_that_is_locked_or_moves_while_it_is_copied_fails_with_that_reason()
    {
        await using var lab = await SimulatedLab.OnProxmoxAsync(Vms);
        await lab.WaitForReadyAsync(Vms);
        var held = lab.Fleet.Vms.ToDictionary(vm => vm.Name, vm => vm.Jobs.Hold("backup"));
        var run = await lab.StartBackupAsync();
        await Poll.UntilAsync("three copies", SimulatedLab.Limit, () => lab.Fleet.Cuts.Count == Vms);

        lab.Proxmox!.Lock(100, "rollback");
        lab.Proxmox.Move(101, "pve2");
        held["102"].Dispose();

        await lab.EndOfAsync(run);
        var items = await lab.ItemsAsync(run);
        Assert.Contains("VM 100 is locked (rollback)", items["100"].Reason, StringComparison.Ordinal);
        Assert.NotEqual(ItemStates.Succeeded, items["101"].State);
        Assert.Equal(ItemStates.Succeeded, items["102"].State);
        Assert.Equal("rollback", lab.Proxmox.LockOf(100));
        Assert.Null(lab.Proxmox.LockOf(102));
        Assert.Equal(0, lab.Fleet.FrozenNow);
    }

    [Theory]
    [InlineData("freeze")]
    [InlineData("cut")]
    [InlineData("thaw")]
    public async Task A_node_that_is_killed_leaves_no_VM_locked(string at)
    {
        await using var lab = await SimulatedLab.OnProxmoxAsync(Vms);
        await lab.WaitForReadyAsync(Vms);
        var killed = lab.SignalAt(HostProcess.SigKill, 1, fact => fact.Kind == at);
        var run = lab.BeginBackup();
        await killed;
        await lab.Node.WaitForEndAsync();
        await lab.WaitForThawAsync();
        // One of the VMs ends with its locked config: it could not be started again.
        var gone = lab.Fleet["102"];
        await gone.End();

        await lab.Node.StartAgainAsync();
        await lab.EndOfAsync(await run());

        await Poll.UntilAsync("no lock", SimulatedLab.Limit, () =>
            lab.Fleet.Vms.All(vm => lab.Proxmox!.LockOf(100 + vm.Number) is null)
            && Directory.GetFiles(Path.Combine(lab.Node.Data, "locks")).Length == 0);
    }

    [Fact]
    public async Task A_VM_is_made_anew_of_the_config_in_its_point_which_has_no_secret_and_no_lock()
    {
        const string needle = "N33dl3";
        await using var lab = await SimulatedLab.OnProxmoxAsync(1);
        lab.Proxmox!.Write(100, $"""
            name: db
            args: -object secret,id=s,data={needle}
            cipassword: {needle}
            net0: virtio=BC:24:11:AA:BB:CC,bridge=vmbr0
            smbios1: uuid=11111111-2222-4333-8444-555555555555
            [before]
            cipassword: {needle}
            """);
        await lab.WaitForReadyAsync(1);
        var (run, items) = await lab.BackupAsync();
        Assert.True(run.State == RunStates.Succeeded, string.Join('\n', items.Values));
        var point = (await lab.Node.AskAsync("point", "list"))["items"]![0]!;
        var directory = (string)point["directory"]!;
        var kept = await File.ReadAllTextAsync(Path.Combine(directory, "machine", "100.conf"));
        Assert.Contains("name: db", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("lock:", kept, StringComparison.Ordinal);
        foreach (var file in Directory.GetFiles(directory, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(needle, await File.ReadAllTextAsync(file), StringComparison.Ordinal);

        var taken = await DefineAsync("100", "taken");
        Assert.Equal(1, taken.ExitCode);
        Assert.Contains("there is a VM or container 100 already", taken.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(lab.Restored, "taken")));

        var made = await DefineAsync("205", "made");
        Assert.True(made.ExitCode == 0, made.Output + made.Error);
        Assert.Contains("205 is made, and stopped.", made.Output, StringComparison.Ordinal);
        Assert.Contains("qm start 205", made.Output, StringComparison.Ordinal);
        var config = await File.ReadAllTextAsync(lab.Proxmox.ConfigOf(205));
        Assert.Contains("args: -object secret,id=s,data=REDACTED", config, StringComparison.Ordinal);
        Assert.Matches("net0: virtio=BC:24:11:(?!AA:BB:CC)", config);
        Assert.DoesNotContain("11111111-2222", config, StringComparison.Ordinal);
        Assert.DoesNotContain("cipassword", config, StringComparison.Ordinal);

        Task<ToolResult> DefineAsync(string id, string to) => Tool.RunAsync(
            "env", $"PATH={Path.GetDirectoryName(lab.Proxmox.Qm)}:{Environment.GetEnvironmentVariable("PATH")}", Programs.Ctl,
            "--config", lab.Node.Config, "point", "restore", (string)point["id"]!, "--to", Path.Combine(lab.Restored, to),
            "--define", id);
    }

    private static void AssertUnlocked(SimulatedLab lab) =>
        Assert.All(lab.Fleet.Vms, vm => Assert.Null(lab.Proxmox!.LockOf(100 + vm.Number)));

    /// <summary>Twenty calls a second: the guest's agent and the monitor in turn.</summary>
    private static async Task<(int Calls, IReadOnlyList<string> Failed)> CallAsync(SimulatedVm vm, CancellationToken done)
    {
        var client = new ProxmoxClient(Environment.ProcessId);
        using var due = new PeriodicTimer(BetweenCalls);
        List<Task<string?>> calls = [];
        try
        {
            while (await due.WaitForNextTickAsync(done))
                calls.Add(FaultOf(calls.Count % 2 == 0
                    ? client.AskAgentAsync(vm.AgentPath, "guest-ping")
                    : client.AskMonitorAsync(vm.MonitorPath, "query-status")));
        }
        catch (OperationCanceledException)
        {
            // The backups are over.
        }

        return (calls.Count, [.. (await Task.WhenAll(calls)).OfType<string>()]);
    }

    private static async Task<string?> FaultOf(Task<string> call)
    {
        try
        {
            return (await call).Contains("\"return\"", StringComparison.Ordinal) ? null : await call;
        }
        catch (IOException failed)
        {
            return failed.Message;
        }
    }
}
