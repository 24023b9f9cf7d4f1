using System.Globalization;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Method hook as an operator runs it: qgad, qgactl, and a hook of sh whose storage is a folder of files.</summary>
[Collection(nameof(Alone))]
public sealed class StorageHookTests(StorageHookTests.HookNode node) : IClassFixture<StorageHookTests.HookNode>
{
    private const int Vms = 12;

    private readonly string _folder = node.NewStorage();

    [Fact]
    public async Task Every_guest_is_frozen_while_its_hook_cuts_and_the_points_are_plain_images()
    {
        await using var lab = await StartAsync(Vms);
        var told = await lab.Node.CtlAsync("backup", "run", "--method", "hook", "--hook", "files");
        Assert.True(told.ExitCode == 0, told.Output + told.Error);

        var cuts = Calls.Where(call => call.Phase == "cut").ToDictionary(call => call.Vm);
        Assert.Equal(Vms, cuts.Count);
        foreach (var vm in lab.Fleet.Vms)
        {
            var (freeze, cut) = (Assert.Single(vm.Guest.Freezes), cuts[vm.Name]);
            Assert.True(
                freeze.FrozenAt <= cut.From && cut.To <= freeze.ThawedAt,
                $"{vm.Name}: {freeze}, cut from {cut.From:O} to {cut.To:O}"
            );
            Assert.Empty(vm.Cuts);
        }

        Assert.Empty(Snapshots);
        await lab.AssertNothingLeftAsync(Vms);
        var point = Assert.Single(await SimulatedLab.ListAsync(lab.Client.ListPointsAsync(lab.Vm(3))));
        Assert.Equal(("hook", "filesystem"), (point.Method, point.Class));
        Assert.Equal(0, (await lab.Node.CtlAsync("point", "verify", point.Id)).ExitCode);
        Assert.Equal(0, (await lab.Node.CtlAsync("point", "restore", point.Id, "--to", lab.Restored)).ExitCode);
    }

    [Fact]
    public async Task A_node_killed_in_a_hooks_cut_has_its_guest_thawed_in_a_second_and_the_cut_undone()
    {
        await using var lab = await StartAsync(1);
        await File.WriteAllTextAsync(Path.Combine(_folder, "hang"), "");
        var pid = Path.Combine(_folder, "pid");
        var run = await lab.StartBackupAsync(new JsonObject { ["method"] = "hook", ["hook"] = "files" });
        await Poll.UntilAsync("hook inside its cut", SimulatedLab.Limit, () => File.Exists(pid));
        var guest = lab.Fleet.Vms[0].Guest;
        Assert.True(guest.IsFrozen);
        File.Delete(Path.Combine(_folder, "hang"));

        var killed = TimeProvider.System.GetUtcNow();
        lab.Node.Signal(HostProcess.SigKill);
        await lab.Node.WaitForEndAsync();
        await lab.WaitForThawAsync();
        var thawed = Assert.Single(guest.Freezes).ThawedAt!.Value - killed;
        Assert.True(thawed < TimeSpan.FromSeconds(1), $"thawed after {thawed}");
        var hanging = int.Parse(await File.ReadAllTextAsync(pid), CultureInfo.InvariantCulture);
        Assert.True(HostProcesses.StartTicks(hanging) is not null, "the hook outlives its node");

        await lab.Node.StartAgainAsync();
        Assert.Equal(RunStates.Succeeded, (await lab.EndOfAsync(run)).State);
        Assert.True(HostProcesses.StartTicks(hanging) is null, "the hook of the first node still runs");
        Assert.Equal(["prepare", "undo", "prepare", "cut", "finish"], Calls.Select(call => call.Phase));
        Assert.Empty(Snapshots);
        await lab.AssertNothingLeftAsync(1);
    }

    [Fact]
    public async Task A_hook_that_outlasts_the_lease_is_not_waited_for_and_its_item_fails()
    {
        await using var lab = await SimulatedLab.StartAsync(
            1, settings: [$"--Freeze:Hooks:files:0={node.Hook}", "--Freeze:Lease=00:00:01"]);
        await lab.WaitForReadyAsync(1);
        await File.WriteAllTextAsync(Path.Combine(_folder, "hang"), "");
        var (run, items) = await lab.BackupAsync(new JsonObject { ["method"] = "hook", ["hook"] = "files", ["maxFailures"] = 1 });
        Assert.Equal(RunStates.Failed, run.State);
        Assert.Equal(ItemStates.Failed, Assert.Single(items.Values).State);
        var freeze = Assert.Single(lab.Fleet.Vms[0].Guest.Freezes);
        Assert.True(freeze.ThawedAt - freeze.FrozenAt < TimeSpan.FromSeconds(2), $"{freeze}");
        Assert.Empty(Snapshots);
        await lab.AssertNothingLeftAsync(0);
    }

    [Fact]
    public async Task An_unknown_hook_is_named_with_the_known_ones_and_a_check_runs_prepare_and_undo()
    {
        await using var lab = await StartAsync(1);
        var (_, items) = await lab.BackupAsync(new JsonObject { ["method"] = "hook", ["hook"] = "fils" });
        Assert.Equal("this host has no hook fils; there is files", Assert.Single(items.Values).Reason);
        var check = await lab.Node.CtlAsync("backup", "check", "--method", "hook", "--hook", "files");
        Assert.True(check.ExitCode == 0, check.Output + check.Error);
        Assert.Equal(["prepare", "undo"], Calls.Select(call => call.Phase));
        Assert.Empty(lab.Fleet.Vms[0].Guest.Freezes);
        await lab.AssertNothingLeftAsync(0);
    }

    /// <summary>What the hook's storage holds.</summary>
    private IEnumerable<string> Snapshots => Directory.GetFiles(_folder, "q-*");

    private IReadOnlyList<(string Phase, string Vm, DateTimeOffset From, DateTimeOffset To)> Calls =>
    [
        .. File.ReadLines(Path.Combine(_folder, "calls")).Select(line => line.Split(' ')).Select(
            call => (call[0], call[1].Split('~')[1], Instant(call[2]), Instant(call[3]))),
    ];

    private static DateTimeOffset Instant(string nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(long.Parse(nanoseconds, CultureInfo.InvariantCulture) / 100);

    private async Task<SimulatedLab> StartAsync(int vms)
    {
        var lab = await node.StartAsync(vms);
        await lab.WaitForReadyAsync(vms);
        return lab;
    }

    /// <summary>A node with the hook, for all of these tests.</summary>
    public sealed class HookNode : SimulatedNode
    {
        private string Storage => Path.Combine(Folder, "storage");

        internal string Hook => Path.Combine(Folder, "hook");

        protected override string[] Settings => [$"--Freeze:Hooks:files:0={Hook}"];

        /// <summary>Where the hook keeps its snapshots and writes down its calls: empty.</summary>
        internal string NewStorage()
        {
            if (Directory.Exists(Storage)) Directory.Delete(Storage, recursive: true);
            return Directory.CreateDirectory(Storage).FullName;
        }

        public override async Task InitializeAsync()
        {
            await File.WriteAllTextAsync(Hook, """
                #!/bin/sh
                # A snapshot is a copy of the disk's file. While there is a file "hang" the cut makes it and goes on for ever.
                set -eu
                folder=${0%/*}/storage
                from=$(date +%s%N)
                call=$(cat)
                get() { printf %s "$call" | jq -r "$1"; }
                name=$(get .name) target=$(get .target)
                case $(get .phase) in
                cut)
                  get '.disks[] | "\(.index) \(.file)"' | while read -r index file; do cp "$file" "$folder/$name-$index"; done
                  if [ -e "$folder/hang" ]; then echo $$ >"$folder/new"; mv "$folder/new" "$folder/pid"; sleep 1000; fi
                  ;;
                finish)
                  get '.disks[] | "\(.index) \(.image)"' | while read -r index image; do cp "$folder/$name-$index" "$image"; done
                  rm "$folder/$name"-*
                  ;;
                undo) rm -f "$folder/$name"-* ;;
                esac
                echo "$(get .phase) $(get .vm) $from $(date +%s%N)" >>"$folder/calls"
                echo '{}'
                """);
            File.SetUnixFileMode(Hook, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
