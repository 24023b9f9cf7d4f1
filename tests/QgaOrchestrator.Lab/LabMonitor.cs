using System.Text.Json.Nodes;

namespace QgaOrchestrator.Lab;

/// <summary>A client of a QEMU monitor, for sockets that no other client holds.</summary>
public sealed class LabMonitor : LineSocket
{
    private readonly List<JsonNode> _events = [];

    private LabMonitor()
    {
    }

    public static async Task<LabMonitor> ConnectAsync(string path)
    {
        var monitor = new LabMonitor();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await monitor.OpenAsync(path);
        await monitor.ReadLineAsync(limit.Token); // the greeting
        await monitor.CallAsync("qmp_capabilities");
        return monitor;
    }

    /// <summary>One command; its error answer is a <see cref="LabException"/>. Events that pass by are kept.</summary>
    public async Task<JsonNode?> CallAsync(string command, JsonNode? arguments = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await SendAsync(Request(command, arguments), default, limit.Token);
        while (true)
        {
            var line = await NextAsync(limit.Token);
            if (line["event"] is null)
                return ReturnOf(command, line);
            _events.Add(line);
        }
    }

    /// <summary>The data of the first event of that name for which <paramref name="matches"/> holds.</summary>
    public async Task<JsonNode> EventAsync(string name, Func<JsonNode, bool> matches)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var index = _events.FindIndex(e => (string?)e["event"] == name && matches(e["data"]!));
            if (index >= 0)
            {
                var found = _events[index];
                _events.RemoveAt(index);
                return found["data"]!;
            }
            _events.Add(await NextAsync(limit.Token));
        }
    }

    private async Task<JsonNode> NextAsync(CancellationToken stop) => JsonNode.Parse(await ReadLineAsync(stop))!;
}
