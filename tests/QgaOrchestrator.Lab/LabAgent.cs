using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Lab;

/// <summary>A client of a guest agent, for sockets that no other client holds: QEMU serves one.</summary>
public sealed class LabAgent : LineSocket
{
    private static readonly byte[] Flush = [0xFF];

    private LabAgent()
    {
    }

    /// <summary>Connects and syncs, again and again while the guest boots.</summary>
    public static Task<LabAgent> ConnectAsync(string path, TimeSpan limit) => Poll.ForAsync(
        $"agent behind {path}", limit, async () =>
        {
            var agent = new LabAgent();
            try
            {
                await agent.OpenAsync(path);
                await agent.SyncAsync(TimeSpan.FromMilliseconds(300));
                return agent;
            }
            catch (Exception error) when (
                error is IOException or System.Net.Sockets.SocketException or OperationCanceledException)
            {
                agent.Dispose();
                return null;
            }
        });

    /// <summary>One command; its error answer is a <see cref="LabException"/>.</summary>
    public async Task<JsonNode?> CallAsync(string command, JsonNode? arguments = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await SendAsync(Request(command, arguments), default, limit.Token);
        return ReturnOf(command, JsonNode.Parse(await ReadLineAsync(limit.Token))!);
    }

    /// <summary>Runs a shell line in the guest and returns what it printed.</summary>
    public async Task<string> ShellAsync(string line)
    {
        var started = await CallAsync("guest-exec", new JsonObject
        {
            ["path"] = "/bin/sh",
            ["arg"] = new JsonArray("-c", line),
            ["capture-output"] = true,
        });
        var pid = started!["pid"]!.GetValue<long>();
        var ended = await Poll.ForAsync("end of " + line, TimeSpan.FromSeconds(30), async () =>
        {
            var status = (await CallAsync("guest-exec-status", new JsonObject { ["pid"] = pid }))!;
            return status["exited"]!.GetValue<bool>() ? status : null;
        });
        var output = Encoding.UTF8.GetString(Convert.FromBase64String(ended["out-data"]?.GetValue<string>() ?? ""));
        return ended["exitcode"]?.GetValue<int>() == 0 ? output : throw new LabException($"{line}: {ended.ToJsonString()}");
    }

    private async Task SyncAsync(TimeSpan limit)
    {
        using var stop = new CancellationTokenSource(limit);
        var id = RandomNumberGenerator.GetInt32(int.MaxValue);
        await SendAsync(Request("guest-sync-delimited", new JsonObject { ["id"] = id }), Flush, stop.Token);
        while (true)
        {
            var line = await ReadLineAsync(stop.Token);
            var answer = line.AsMemory(Array.LastIndexOf(line, (byte)0xFF) + 1);
            if (IsReturn(answer, id))
                return;
        }
    }

    /// <summary>What stands before the answer to our sync is somebody else's, or the complaint about 0xFF: never an
    /// error.</summary>
    private static bool IsReturn(ReadOnlyMemory<byte> line, int id)
    {
        try
        {
            using var answer = JsonDocument.Parse(line);
            return answer.RootElement.TryGetProperty("return", out var value)
                && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var echoed) && echoed == id;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
