using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>qgactl backup check: it reports every obstacle of a backup for each VM and changes nothing.</summary>
[Collection(nameof(SharedNode))]
public sealed class CheckTests(SharedNode shared)
{
    /// <summary>A fault for each of the first VMs, the state that it leads to with require and with prefer, and some words of
    /// it.</summary>
    private static readonly (string What, Action<SimulatedVm> Put, string Require, string Prefer, string Words)[] Faults =
    [
        ("paused", vm => vm.Pause(), ItemStates.Failed, ItemStates.Failed, "it is paused"),
        ("migrating", vm => vm.Migration = "active", ItemStates.Failed, ItemStates.Failed, "migrating (active)"),
        (
            "somebody else's freeze",
            vm => vm.Guest.FreezeBySomebodyElse(),
            ItemStates.Failed,
            ItemStates.Succeeded,
            "frozen by somebody else"
        ),
        ("no agent", vm => vm.Agent.Stop(), ItemStates.Unreachable, ItemStates.Succeeded, "no answer"),
        (
            "freeze disabled",
            vm => Disable(vm, "guest-fsfreeze-freeze"),
            ItemStates.Failed,
            ItemStates.Succeeded,
            "has guest-fsfreeze-freeze disabled"
        ),
        (
            "old agent",
            vm => Lack(vm, "guest-get-fsinfo", "2.1.0"),
            ItemStates.Succeeded,
            ItemStates.Succeeded,
            "2.1.0 is too old for guest-get-fsinfo (2.2)"
        ),
        (
            "files disabled",
            vm => vm.Guest.Files.Allowed = false,
            ItemStates.Succeeded,
            ItemStates.Succeeded,
            "no point says application"
        ),
        (
            "mounts",
            vm =>
                vm.Guest.Files["/proc/mounts"] =
                    "nas:/x /mnt nfs4 rw 0 0\n/dev/loop0 /tmp ext4 rw 0 0\noverlay /m overlay rw 0 0\n"u8.ToArray(),
            ItemStates.Succeeded,
            ItemStates.Succeeded,
            "/mnt (nfs4): its data is on no disk"
        ),
        ("bitmaps", BreakBitmap, ItemStates.Succeeded, ItemStates.Succeeded, "inconsistent dirty bitmaps: disk0/nightly"),
        ("full target", vm => vm.Jobs.Fail("create", "No space left on device"), ItemStates.Failed, ItemStates.Failed, "no room"),
        (
            "no right to write",
            vm => vm.Jobs.Fail("create", "Could not create: Permission denied"),
            ItemStates.Failed,
            ItemStates.Failed,
            "QEMU (uid "
        ),
    ];

    [Fact]
    public async Task A_check_reports_each_obstacle_of_a_backup_with_its_remedy_and_changes_nothing()
    {
        await using var lab = await shared.StartAsync(Faults.Length + 1, null, fleet =>
        {
            foreach (var (fault, vm) in Faults.Zip(fleet.Vms)) fault.Put(vm);
        });
        await lab.WaitForReadyAsync(Faults.Length - 1);

        foreach (
            var (consistency, expected) in new[]
            {
                ("require", Faults.Select(fault => fault.Require)),
                ("prefer", Faults.Select(fault => fault.Prefer)),
            }
        )
        {
            var (_, items) = await lab.BackupAsync(new JsonObject { ["dryRun"] = true, ["consistency"] = consistency });
            foreach (var ((fault, state), vm) in Faults.Zip(expected).Zip(lab.Fleet.Vms))
            {
                var item = items[vm.Name];
                Assert.True(
                    item.State == state
                        && item.Reason!.Contains(fault.Words, StringComparison.Ordinal)
                        && item.Remedy is { Length: > 0 },
                    $"{consistency}, {fault.What}: {item}"
                );
            }

            var fit = items[lab.Fleet.Vms[^1].Name];
            Assert.Equal(ItemStates.Succeeded, fit.State);
        }

        Assert.Empty(lab.Fleet.Cuts);
        Assert.All(lab.Fleet.Vms.Where(vm => !vm.Guest.IsFrozen), vm => Assert.Equal(0, vm.Guest.Epoch));
        lab.Fleet.Vms[2].Guest.ThawBySomebodyElse();
        await lab.AssertNothingLeftAsync(0);
    }

    [Fact]
    public async Task A_swap_disk_and_a_guest_that_was_just_reset_are_told()
    {
        await using var lab = await shared.StartAsync(
            1,
            new FleetOptions { Mountpoint = disk => disk == 0 ? "/" : null },
            fleet =>
                fleet.Vms[0].Guest.Files["/proc/swaps"] =
                    "Filename Type Size Used Priority\n/dev/vdb partition 1 0 -2\n"u8.ToArray()
        );
        await lab.WaitForReadyAsync(1);
        lab.Fleet.Vms[0].Reset();
        await lab.WaitForReadyAsync(1);

        var (_, items) = await lab.BackupAsync(new JsonObject { ["dryRun"] = true });

        var reason = Assert.Single(items.Values).Reason!;
        Assert.Contains(
            "disk1 is uncovered: no file system that freezes is on it (the guest swaps on /dev/vdb)",
            reason,
            StringComparison.Ordinal
        );
        Assert.Contains("s ago: its services may not be up yet", reason, StringComparison.Ordinal);
    }

    private static void Disable(SimulatedVm vm, string command) =>
        Info(vm, "7.2.22", commands => commands.First(known => (string?)known!["name"] == command)!["enabled"] = false);

    private static void Lack(SimulatedVm vm, string command, string version) =>
        Info(vm, version, commands => commands.Remove(commands.First(known => (string?)known!["name"] == command)));

    private static void Info(SimulatedVm vm, string version, Action<JsonArray> change)
    {
        var commands = new JsonArray([
            .. Commands.Select(name =>
                (JsonNode)
                    new JsonObject
                    {
                        ["name"] = name,
                        ["enabled"] = true,
                        ["success-response"] = true,
                    }
            ),
        ]);
        change(commands);
        vm.Agent.On("guest-info", Act.Return(new JsonObject { ["version"] = version, ["supported_commands"] = commands }));
    }

    private static readonly string[] Commands =
    [
        "guest-info",
        "guest-fsfreeze-status",
        "guest-fsfreeze-freeze",
        "guest-fsfreeze-thaw",
        "guest-get-fsinfo",
        "guest-get-osinfo",
        "guest-file-open",
        "guest-file-read",
        "guest-file-close",
    ];

    private static void BreakBitmap(SimulatedVm vm)
    {
        JsonObject bitmap = new()
        {
            ["name"] = "nightly",
            ["recording"] = false,
            ["persistent"] = true,
            ["inconsistent"] = true,
            ["busy"] = false,
            ["granularity"] = 65536,
            ["count"] = 0,
        };
        vm.Monitor.On(
            "query-block",
            Act.Return(
                new JsonArray(
                    new JsonObject
                    {
                        ["device"] = "",
                        ["qdev"] = vm.Disks[0].Qdev,
                        ["inserted"] = new JsonObject
                        {
                            ["node-name"] = vm.Disks[0].Node,
                            ["ro"] = false,
                            ["drv"] = "qcow2",
                            ["file"] = vm.Disks[0].File,
                            ["image"] =
                    new JsonObject { ["virtual-size"] = vm.Disks[0].Size, ["filename"] = vm.Disks[0].File, ["format"] = "qcow2" },
                            ["dirty-bitmaps"] = new JsonArray(bitmap),
                        },
                    })));
    }
}
