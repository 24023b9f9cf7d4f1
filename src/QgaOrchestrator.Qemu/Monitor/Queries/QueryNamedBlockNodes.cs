using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-named-block-nodes: the block graph's nodes, without their backing chains ("flat", QEMU 5.0).</summary>
public static class QueryNamedBlockNodes
{
    /// <inheritdoc cref="MonitorQuery.AskAsync"/>
    public static async Task<IReadOnlyList<BlockNode>?> AskAsync(IMonitor monitor, TimeSpan timeout) =>
        await AskAsync(monitor, """{"flat":true}"""u8.ToArray(), timeout).ConfigureAwait(false)
        ?? await AskAsync(monitor, default, timeout).ConfigureAwait(false);

    private static Task<List<BlockNode>?> AskAsync(IMonitor monitor, ReadOnlyMemory<byte> arguments, TimeSpan timeout) =>
        MonitorQuery.AskAsync(monitor, "query-named-block-nodes", arguments, MonitorJson.Default.ListBlockNode, timeout);
}

/// <summary>A node of the block graph.</summary>
public sealed record BlockNode(string? NodeName, string? Drv, bool Ro, string? File)
{
    /// <summary>How many layers it stands on.</summary>
    [JsonPropertyName("backing_file_depth")]
    public int BackingDepth { get; init; }
}
