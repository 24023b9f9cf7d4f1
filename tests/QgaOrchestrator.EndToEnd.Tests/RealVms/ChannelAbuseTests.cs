using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>What a channel goes through with a real agent and a real QEMU: afterwards it answers again, and with its own
/// answers.</summary>
[Collection(nameof(RealVmTests))]
public sealed class ChannelAbuseTests(RealVmTests shared)
{
    /// <summary>The agent holds it several times over, as bytes and as text: at 8 MB a guest of 96 MiB runs out of
    /// memory.</summary>
    private const int Reply = 3_000_000;

    [SkippableFact]
    public async Task Killed_agents_pauses_and_resets_are_told_and_the_channel_comes_back()
    {
        await using var lab = await RealVmLab.OpenAsync();
        var vm = await lab.StartAsync("vm1");
        await using var shown = await shared.ShowAsync(vm);
        var node = shown.Node;
        await node.WaitForVmsAsync(1);
        using var client = node.Client();
        using var monitor = await LabMonitor.ConnectAsync(vm.SecondMonitor);

        var killed = await node.CtlAsync("vm", "exec", "vm1", "--", "/bin/sh", "-c", "kill -9 $(pidof qemu-ga); sleep 5");
        Assert.NotEqual(0, killed.ExitCode);
        await AnswersAsync(node, client);

        await monitor.CallAsync("stop");
        var paused = await node.CtlAsync("vm", "call", "vm1", "guest-get-osinfo", "--timeout", "00:00:02");
        Assert.NotEqual(0, paused.ExitCode);
        Assert.Contains("paused", paused.Error, StringComparison.Ordinal);
        await monitor.CallAsync("cont");
        await AnswersAsync(node, client);

        await monitor.CallAsync("set-action", new JsonObject { ["reboot"] = "reset" });
        await monitor.CallAsync("system_reset");
        await AnswersAsync(node, client);
    }

    [SkippableFact]
    public async Task A_second_client_is_named_and_waited_out()
    {
        await using var lab = await RealVmLab.OpenAsync();
        var vm = await lab.StartAsync("vm1");
        var other = await LabAgent.ConnectAsync(vm.Agent, Guests.Limit);
        await using var node = await NodeProcess.StartAsync(Path.Combine(lab.Folder, "node"), lab.Folder);

        var told = await Poll.ForAsync("busy channel", Guests.Limit, async () =>
            (await node.AskAsync("vm", "list"))["items"]!.AsArray() is [{ } seen]
            && (string?)seen["agent"]!["state"] == "busy"
            && (string?)seen["agent"]!["reason"] is { } why
            && why.Contains("has the agent's socket", StringComparison.Ordinal)
                ? why
                : null
        );
        Assert.Contains($"(pid {Environment.ProcessId})", told, StringComparison.Ordinal);

        other.Dispose();
        await node.WaitForVmsAsync(1);
    }

    [SkippableFact]
    public async Task A_node_killed_in_the_middle_of_a_large_reply_leaves_none_of_it_to_the_next()
    {
        await using var lab = await RealVmLab.OpenAsync();
        await lab.StartAsync("vm1");
        await using var node = await NodeProcess.StartAsync(Path.Combine(lab.Folder, "node"), lab.Folder);
        await node.WaitForVmsAsync(1);
        Assert.Equal(
            0,
            (await node.CtlAsync("vm", "exec", "vm1", "--", "/bin/sh", "-c", $"head -c {Reply} /dev/zero >/run/large")).ExitCode
        );
        using (var client = node.Client())
        {
            var handle = await OpenAsync(client);
            var before = Resident(node.Pid);
            var reading = ReadAsync(client, handle, Reply);
            await Poll.UntilAsync("the reply's beginning", Guests.Limit, () => Resident(node.Pid) > before + 2048);
            node.Signal(HostProcess.SigKill);
            await Assert.ThrowsAsync<NodeUnreachableException>(() => reading);
        }

        await node.WaitForEndAsync();
        await node.StartAgainAsync();
        await node.WaitForVmsAsync(1);
        using var again = node.Client();
        await AnswersAsync(node, again);
        var next = await ReadAsync(again, await OpenAsync(again), 100_000);
        Assert.Equal(
            (100_000, true),
            (next.GetProperty("count").GetInt32(), next.GetProperty("buf-b64").GetBytesFromBase64().All(b => b == 0))
        );
    }

    private static async Task<long> OpenAsync(QgaClient client) =>
        (
            await client.CallAgentAsync("vm1", "guest-file-open", Encoding.UTF8.GetBytes("""{"path":"/run/large"}"""), new())
        ).GetInt64();

    private static Task<JsonElement> ReadAsync(QgaClient client, long handle, int count) =>
        client.CallAgentAsync(
            "vm1",
            "guest-file-read",
            Encoding.UTF8.GetBytes($$"""{"handle":{{handle}},"count":{{count}}}"""),
            new() { Timeout = Guests.Limit }
        );

    /// <summary>A question whose answer is no other's.</summary>
    private static async Task AnswersAsync(NodeProcess node, QgaClient client)
    {
        await node.WaitForVmsAsync(1);
        Assert.Equal(
            "vm1",
            (await client.CallAgentAsync("vm1", "guest-get-host-name", default, new() { Timeout = Guests.Limit }))
                .GetProperty("host-name").GetString()
        );
    }

    /// <summary>In KiB: what has arrived of a large line is in memory.</summary>
    private static long Resident(int pid) =>
        long.Parse(
            File.ReadLines($"/proc/{pid}/status")
                .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture
        );
}
