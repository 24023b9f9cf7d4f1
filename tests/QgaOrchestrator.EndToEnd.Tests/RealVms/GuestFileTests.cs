using System.Security.Cryptography;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>qgactl vm cp and vm exec --stream with a real guest, its shell, and the end of a node in the middle.</summary>
[Collection(nameof(RealVmTests))]
public sealed class GuestFileTests(RealVmTests shared)
{
    [SkippableFact]
    public async Task A_file_is_copied_both_ways_across_a_killed_node_and_keeps_the_old_files_mode()
    {
        await using var lab = await RealVmLab.OpenAsync();
        await using var shown = await shared.ShowAsync(await lab.StartAsync("copied"));
        var node = shown.Node;
        await node.WaitForVmsAsync(1);
        var file = Path.Combine(lab.Folder, "app.bin");
        await File.WriteAllBytesAsync(file, RandomNumberGenerator.GetBytes(2 * 1024 * 1024 + 5));
        Assert.Equal(
            0,
            (
                await node.CtlAsync(
                    "vm",
                    "exec",
                    "copied",
                    "--",
                    "sh",
                    "-c",
                    "echo old >/run/app; chmod 0604 /run/app; chown 7:8 /run/app"
                )
            ).ExitCode
        );

        var pushed = node.CtlAsync("vm", "cp", file, "copied:/run/app", "-o", "json");
        await Poll.ForAsync("a part in the guest", Guests.Limit, async () => await PartAsync(node) > 0 ? "some" : null);
        node.Signal(HostProcess.SigKill);
        await node.WaitForEndAsync();
        await node.StartAgainAsync();
        var pushedEnd = await pushed;
        Assert.True(pushedEnd.ExitCode == 0, pushedEnd.Error);
        Assert.Contains("\"checked\": \"sha256sum\"", pushedEnd.Output, StringComparison.Ordinal);
        var listed = await node.CtlAsync(
            "vm", "exec", "copied", "--", "sh", "-c", "stat -c '%a %u %g' /run/app; ls /run | grep -c part");
        Assert.Equal("604 7 8\n0\n", listed.Output);

        var back = Path.Combine(lab.Folder, "back.bin");
        var pulled = await node.CtlAsync("vm", "cp", "copied:/run/app", back);
        Assert.True(pulled.ExitCode == 0, pulled.Error);
        Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(back));
        var kernel = await node.CtlAsync("vm", "cp", "copied:/proc/version", back);
        Assert.True(kernel.ExitCode == 0, kernel.Error);
        Assert.StartsWith("Linux version", await File.ReadAllTextAsync(back), StringComparison.Ordinal);
        var nowhere = await node.CtlAsync("vm", "cp", file, "copied:/nowhere/app");
        Assert.Equal(1, nowhere.ExitCode);
        Assert.Contains("/nowhere", nowhere.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Output_appears_while_the_process_runs_and_its_code_and_signal_are_its_own()
    {
        await using var lab = await RealVmLab.OpenAsync();
        await using var shown = await shared.ShowAsync(await lab.StartAsync("streamed"));
        var node = shown.Node;
        await node.WaitForVmsAsync(1);
        using var client = node.Client();
        var process = new Api.ProcessRequest(
            "sh", ["-c", "echo begun; while [ ! -e /run/go ]; do sleep 0.1; done; echo gone; echo oh >&2; exit 7"]);
        var said = new Dictionary<bool, string> { [false] = "", [true] = "" };
        Api.ProcessEnd? end = null;

        await foreach (var news in client.RunProcessAsync("streamed", process))
        {
            if (news is Api.ProcessEvent.Ended ended) end = ended.End;
            if (news is not Api.ProcessEvent.Said words) continue;
            said[words.Error] += System.Text.Encoding.UTF8.GetString(words.Bytes);
            // It continues only when its first line has arrived here.
            if (said[false] == "begun\n")
                Assert.Equal(0, (await node.CtlAsync("vm", "exec", "streamed", "--", "touch", "/run/go")).ExitCode);
        }

        Assert.Equal(("begun\ngone\n", "oh\n", new Api.ProcessEnd(7, null)), (said[false], said[true], end));
        Assert.Equal(
            new ToolResult(5, "one\n", ""),
            await node.CtlAsync("vm", "exec", "streamed", "--stream", "--", "sh", "-c", "echo one; exit 5")
        );
        Assert.Equal(137, (await node.CtlAsync("vm", "exec", "streamed", "--stream", "--", "sh", "-c", "kill -9 $$")).ExitCode);
        Assert.Equal(125, (await node.CtlAsync("vm", "exec", "streamed", "--stream", "--", "nosuch")).ExitCode);
        Assert.Equal(
            new ToolResult(0, "", ""),
            await node.CtlAsync("vm", "exec", "streamed", "--", "sh", "-c", "ls /tmp | grep qga-exec || :")
        );
    }

    private static async Task<long> PartAsync(NodeProcess node)
    {
        var size = await node.CtlAsync("vm", "exec", "copied", "--", "sh", "-c", "cat /run/*.part 2>/dev/null | wc -c");
        return size.ExitCode == 0 ? long.Parse(size.Output.Trim(), System.Globalization.CultureInfo.InvariantCulture) : 0;
    }
}
