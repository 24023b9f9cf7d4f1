using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>qgactl vm hook in a real guest, whose qemu-ga calls a hook of its own at the usual place already.</summary>
[Collection(nameof(RealVmTests))]
public sealed class GuestHookTests(RealVmTests shared)
{
    private const string Hook = "/etc/qemu/fsfreeze-hook";

    [SkippableFact]
    public async Task A_foreign_hook_stays_unless_forced_and_ours_gives_application_points()
    {
        await using var lab = await RealVmLab.OpenAsync();
        var vm = await lab.StartAsync("hooked");
        var theirs = await ShellAsync(vm, $"cat {Hook}");
        var script = Path.Combine(lab.Folder, "70-app");
        await File.WriteAllTextAsync(script, "#!/bin/sh\necho \"$1\" >>/run/app.log\n");
        await using (var shown = await shared.ShowAsync(vm))
        {
            var node = shown.Node;
            await node.WaitForVmsAsync(1);
            var before = await node.CtlAsync("vm", "hook", "status", "hooked");
            Assert.True(before.ExitCode == 0, before.Error);
            Assert.Contains("foreign", before.Output, StringComparison.Ordinal);

            var refused = await node.CtlAsync("vm", "hook", "install", "hooked", "--script", script);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains($"hooked has {Hook} (not ours); nothing was written.", refused.Error, StringComparison.Ordinal);
            Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
            var untouched = await node.AskAsync("vm", "hook", "status", "hooked");
            Assert.Equal(["/etc/qemu/fsfreeze-hook foreign"], Files(untouched));

            var installed = await node.CtlAsync("vm", "hook", "install", "hooked", "--script", script, "--force");
            Assert.True(installed.ExitCode == 0, installed.Error);
            Assert.DoesNotContain("Remains", installed.Output, StringComparison.Ordinal);
            var run = await node.CtlAsync("backup", "run");
            Assert.True(run.ExitCode == 0, run.Output + run.Error);
            var point = (await node.AskAsync("point", "list"))["items"]!.AsArray().Single(point => point!.IsOf(vm))!;
            Assert.Equal("application", (string?)point["class"]);
            Assert.Contains("70-app", (string?)point["proof"]!["hooks"], StringComparison.Ordinal);

            await node.AskAsync("vm", "hook", "install", "hooked", "--script", script, "--script", "postgresql");
            var status = await node.AskAsync("vm", "hook", "status", "hooked");
            Assert.Equal([$"{Hook} current", $"{Hook}.d/50-postgresql current", $"{Hook}.d/70-app own"], Files(status));
            Assert.All(status["files"]!.AsArray(), file => Assert.True((bool)file!["executable"]!));
            Assert.Equal(Hook, (string?)status["called"]);
            Assert.Empty(status["remains"]!.AsArray());
        }

        Assert.Equal("freeze\nthaw\n", await ShellAsync(vm, "cat /run/app.log"));
        Assert.Equal(theirs, await ShellAsync(vm, $"cat {Hook}.orig"));
    }

    private static IEnumerable<string> Files(System.Text.Json.Nodes.JsonNode status) =>
        status["files"]!.AsArray().Select(file => $"{file!["path"]} {file["state"]}");

    private static async Task<string> ShellAsync(RealVm vm, string line)
    {
        using var agent = await LabAgent.ConnectAsync(vm.Agent, Guests.Limit);
        return await agent.ShellAsync(line);
    }
}
