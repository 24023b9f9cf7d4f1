using System.Globalization;
using System.Text.Json.Nodes;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>
/// Something happens to a real VM while it is frozen: its storage's hook holds the window open until it has. Whatever it is,
/// the guest writes again, the run ends, and the next backup is as good as any.
/// </summary>
public sealed class WindowFaultTests(WindowFaultTests.HoldingNode holding) : IClassFixture<WindowFaultTests.HoldingNode>
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    private string Inside => Path.Combine(holding.Folder, "inside");

    [SkippableFact]
    public async Task An_agent_that_is_killed_comes_back_frozen_and_is_thawed()
    {
        await using var lab = await StartAsync("killed");
        var armed = await lab.Node.CtlAsync(
            "vm",
            "exec",
            lab.Vm.Name,
            "--",
            "/bin/sh",
            "-c",
            "(until [ -e /run/kill ]; do sleep 0.05; done; until tail -n 1 /run/hook.log | grep -q freeze; do sleep 0.05; "
                + "done; sleep 1; kill -9 $(pidof qemu-ga)) >/dev/null 2>&1 & touch /run/kill"
        );
        Assert.True(armed.ExitCode == 0, armed.Error);

        await ThroughAsync(lab, async () => await Poll.UntilAsync("thaw at the lease", Lease * 3, () => !lab.Vm.IsFrozen()));
        await AssertUnharmedAsync(lab);
    }

    [SkippableFact]
    public async Task A_VM_that_is_paused_past_the_lease_is_thawed_as_soon_as_it_runs()
    {
        await using var lab = await StartAsync("paused");
        await ThroughAsync(lab, async () =>
        {
            using var monitor = await LabMonitor.ConnectAsync(lab.Vm.SecondMonitor);
            await monitor.CallAsync("stop");
            var hook = int.Parse(await File.ReadAllTextAsync(Inside), CultureInfo.InvariantCulture);
            await Poll.UntilAsync("end of the hook at the lease's", Guests.Limit, () => !HostProcess.IsAlive(hook));
            Assert.True((bool)(await lab.Node.AskAsync("vm", "show", lab.Vm.Name))["frozen"]!);
            Assert.True(lab.Vm.IsFrozen());
            await monitor.CallAsync("cont");
        });
        await AssertUnharmedAsync(lab);
    }

    [SkippableFact]
    public async Task A_VM_that_is_reset_boots_and_is_backed_up_again()
    {
        await using var lab = await StartAsync("reset");
        await ThroughAsync(lab, async () =>
        {
            using var monitor = await LabMonitor.ConnectAsync(lab.Vm.SecondMonitor);
            await monitor.CallAsync("set-action", new JsonObject { ["reboot"] = "reset" });
            await monitor.CallAsync("system_reset");
        });
        await AssertUnharmedAsync(lab);
    }

    [SkippableFact]
    public async Task A_VM_that_is_powered_off_fails_and_is_backed_up_when_it_is_back()
    {
        await using var lab = await StartAsync("off");
        await ThroughAsync(lab, () => lab.Vm.StopAsync(crash: true));
        await lab.Vm.LaunchAsync();
        await AssertUnharmedAsync(lab);
    }

    /// <summary>A backup whose window stays open until the fault has been done; then its end, however it ends.</summary>
    private async Task ThroughAsync(Lab lab, Func<Task> fault)
    {
        var run = (string)(await lab.Node.AskAsync("backup", "run", "--method", "hook", "--hook", "hold", "--detach"))["id"]!;
        await Poll.UntilAsync("open window", Guests.Limit, () => File.Exists(Inside));
        Assert.True(lab.Vm.IsFrozen());
        await fault();
        File.Delete(Inside);
        await lab.Node.WaitForRunAsync(run);
        var points = (await lab.Node.AskAsync("point", "list"))["items"]!.AsArray();
        foreach (var point in points.Where(point => point!.IsOf(lab.Vm)))
            await Points.AssertRestoresAsync(lab.Node, lab.Vm, point!, lab.Vms.Folder);
    }

    /// <summary>It writes, it is in no quarantine, and nothing of the broken window is in the next one's way.</summary>
    private static async Task AssertUnharmedAsync(Lab lab)
    {
        await lab.Node.WaitForVmsAsync(1);
        await lab.Vm.Synced.WritesAfterAsync(lab.Vm.Synced.Latest, Guests.Limit);
        var again = await lab.Node.CtlAsync("backup", "run");
        Assert.True(again.ExitCode == 0, again.Output + again.Error);
        Assert.False(lab.Vm.IsFrozen());
        await lab.Vm.Synced.WritesAfterAsync(lab.Vm.Synced.Latest, Guests.Limit);
        Assert.Empty(Directory.GetFiles(lab.Node.Ledger, "*.freeze.json"));
    }

    private async Task<Lab> StartAsync(string name)
    {
        var vms = await RealVmLab.OpenAsync();
        try
        {
            var vm = await vms.StartAsync(name);
            var shown = await holding.ShowAsync(vm);
            await shown.Node.WaitForVmsAsync(1);
            return new Lab(vms, vm, shown);
        }
        catch
        {
            await vms.DisposeAsync();
            throw;
        }
    }

    private sealed record Lab(RealVmLab Vms, RealVm Vm, ShownVms Shown) : IAsyncDisposable
    {
        public NodeProcess Node => Shown.Node;

        public async ValueTask DisposeAsync()
        {
            await Shown.DisposeAsync();
            await Vms.DisposeAsync();
        }
    }

    /// <summary>A node with the hook, for all of these tests.</summary>
    public sealed class HoldingNode : IAsyncLifetime
    {
        private readonly LinkedNode _node = new();

        public string Folder { get; } = Directory.CreateTempSubdirectory("qga-window-").FullName;

        private string Hook => Path.Combine(Folder, "hook");

        public async Task InitializeAsync()
        {
            await File.WriteAllTextAsync(Hook, """
                #!/bin/sh
                # A snapshot is a copy of the disk's file. The first cut holds the window open as long as there is a file "inside".
                set -eu
                folder=${0%/*}
                call=$(cat)
                get() { printf %s "$call" | jq -r "$1"; }
                name=$(get .name)
                case $(get .phase) in
                cut)
                  get '.disks[] | "\(.index) \(.file)"' | while read -r index file; do cp "$file" "$folder/$name-$index"; done
                  if [ ! -e "$folder/held" ]; then
                    echo $$ >"$folder/held"; mv "$folder/held" "$folder/inside"; touch "$folder/held"
                    while [ -e "$folder/inside" ]; do sleep 0.05; done
                  fi
                  ;;
                finish)
                  get '.disks[] | "\(.index) \(.image)"' | while read -r index image; do cp "$folder/$name-$index" "$image"; done
                  rm "$folder/$name"-*
                  ;;
                undo) rm -f "$folder/$name"-* ;;
                esac
                echo '{}'
                """);
            File.SetUnixFileMode(Hook, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        /// <summary>The next cut by the hook is held.</summary>
        internal Task<ShownVms> ShowAsync(RealVm vm)
        {
            File.Delete(Path.Combine(Folder, "held"));
            return ShownVms.OfAsync(_node, [vm], $"--Freeze:Hooks:hold:0={Hook}", $"--Freeze:Lease={Lease:c}");
        }

        public async Task DisposeAsync()
        {
            await _node.DisposeAsync();
            Directory.Delete(Folder, recursive: true);
        }
    }
}
