using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms.Agent;

/// <summary>The commands that an agent does not answer, by what a real guest does: each says what ended it, and the next is
/// served.</summary>
[Collection(nameof(FullVm))]
public sealed class DepartureTests(FullVm shared)
{
    /// <summary>Makes the image of the memory as small as possible.</summary>
    private const string SwapOn = "mkswap /dev/vdc && swapon /dev/vdc && echo 0 >/sys/power/image_size";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task A_guest_sleeps_in_its_memory_and_is_woken()
    {
        var vm = await shared.ReadyAsync();
        var boot = await BootIdAsync(vm);
        var ended = await vm.AskAsync("guest-suspend-ram", timeout: Patience);
        Assert.Equal(("event", "SUSPEND"), (ended.CompletedBy, ended.Event));
        var asleep = await Poll.ForAsync("suspended guest", Patience, async () =>
            await vm.Node.AskAsync("vm", "show", FullVm.Name) is { } shown && (string?)shown["monitor"]?["state"] == "suspended"
                ? shown
                : null
        );
        Assert.Contains($"qgactl vm wake {FullVm.Name}", (string?)asleep["agent"]!["reason"], StringComparison.Ordinal);

        var woken = await vm.Node.CtlAsync("vm", "wake", FullVm.Name);
        Assert.True(woken.ExitCode == 0, woken.Error);
        Assert.Equal($"{FullVm.Name} is awake: QEMU says running.", woken.Output.Trim());
        await vm.AnswersAsync();
        Assert.Equal(boot, await BootIdAsync(vm));
    }

    [SkippableFact]
    public async Task A_guest_with_swap_writes_its_memory_there_and_is_off()
    {
        var vm = await shared.ReadyAsync();
        await vm.ShellAsync(SwapOn);
        // Event and end of the port come by two sockets.
        var ended = await vm.AskAsync("guest-suspend-disk", timeout: Patience);
        Assert.Contains(ended.CompletedBy, new[] { "event", "port" });
        Assert.True(ended.CompletedBy == "port" || ended.Event is "SUSPEND_DISK" or "SHUTDOWN", ended.Event);
        await vm.BootAgainAsync();
    }

    [SkippableFact]
    public async Task A_guest_that_writes_its_memory_to_its_swap_and_stays_in_it_is_woken()
    {
        var vm = await shared.ReadyAsync();
        var boot = await BootIdAsync(vm);
        await vm.ShellAsync(SwapOn);
        // What pm-utils and systemd do; an agent has no way of its own for this one.
        await vm.ShellAsync("""
            printf '#!/bin/sh\nexit 0\n' >/bin/pm-is-supported
            printf '#!/bin/sh\necho suspend >/sys/power/disk; echo disk >/sys/power/state\n' >/bin/pm-suspend-hybrid
            chmod 755 /bin/pm-is-supported /bin/pm-suspend-hybrid
            """);
        var ended = await vm.AskAsync("guest-suspend-hybrid", timeout: Patience);
        Assert.Equal(("event", "SUSPEND"), (ended.CompletedBy, ended.Event));
        await vm.WakeAsync();
        Assert.Equal(boot, await BootIdAsync(vm));
        await vm.ShellAsync("rm /bin/pm-is-supported /bin/pm-suspend-hybrid; swapoff /dev/vdc");
    }

    [SkippableTheory]
    [InlineData("guest-suspend-disk")]
    [InlineData("guest-suspend-hybrid")]
    public async Task A_command_that_this_guest_does_not_support_is_an_error_of_the_agent(string command)
    {
        var vm = await shared.ReadyAsync();
        // The guest uses no swap, which its kernel finds out when it has let go of its devices, the agent's port among them.
        for (var time = 0; time < 3; time++)
        {
            Assert.NotEmpty(await vm.FailedAsync(command));
            await vm.AnswersAsync();
        }
    }

    [SkippableFact]
    public async Task A_guest_is_rebooted_by_qgactl_powered_off_and_halted()
    {
        var vm = await shared.ReadyAsync();
        Assert.StartsWith(
            "mode is invalid",
            await vm.FailedAsync("guest-shutdown", new JsonObject { ["mode"] = "sleep" }),
            StringComparison.Ordinal
        );

        var boot = await BootIdAsync(vm);
        var reboot = await vm.Node.CtlAsync(
            "vm",
            "call",
            FullVm.Name,
            "guest-shutdown",
            """{"mode":"reboot"}""",
            "--timeout",
            Patience.ToString("c")
        );
        Assert.True(reboot.ExitCode == 0, reboot.Error);
        Assert.Contains(reboot.Error.Trim(), new[] { "qgactl: QEMU reported RESET", "qgactl: the agent or QEMU has ended" });
        await vm.AnswersAsync();
        Assert.NotEqual(boot, await BootIdAsync(vm));

        var off = await ShutDownAsync("powerdown");
        Assert.Contains(off.CompletedBy, new[] { "event", "port" });
        Assert.True(off.CompletedBy == "port" || off.Event == "SHUTDOWN", off.Event);
        await Poll.UntilAsync("end of QEMU", Patience, () => !vm.Runs);
        await vm.BootAgainAsync();

        // The agent stays connected while the kernel stands still: no event reports a halt.
        Assert.Contains((await ShutDownAsync("halt", TimeSpan.FromSeconds(5))).CompletedBy, new[] { "port", "timeout" });
        Assert.True(vm.Runs);
        await vm.CrashAsync();
        await vm.BootAgainAsync();

        Task<AgentCallReply> ShutDownAsync(string mode, TimeSpan? timeout = null) =>
            vm.AskAsync("guest-shutdown", new JsonObject { ["mode"] = mode }, timeout ?? Patience);
    }

    private static Task<string> BootIdAsync(FullVm vm) => vm.ShellAsync("cat /proc/sys/kernel/random/boot_id");
}
