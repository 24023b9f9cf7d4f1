namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-chardev: the host's ends of the VM's ports, and whether the guest has them open.</summary>
public static class QueryChardev
{
    /// <inheritdoc cref="MonitorQuery.AskAsync"/>
    public static async Task<IReadOnlyList<Chardev>?> AskAsync(IMonitor monitor, TimeSpan timeout) =>
        await MonitorQuery.AskAsync(monitor, "query-chardev", default, MonitorJson.Default.ListChardev, timeout)
            .ConfigureAwait(false);

    /// <summary>Whether the guest's agent has the port open whose socket is at <paramref name="path"/>; null: no such
    /// one.</summary>
    public static bool? IsAgentUp(IReadOnlyList<Chardev>? chardevs, string path) =>
        chardevs?.FirstOrDefault(chardev => chardev.IsSocket(path))?.FrontendOpen;
}

/// <param name="Filename">As in "unix:/run/vms/a/qga.sock,server=on", or "disconnected:unix:…" without a client.</param>
public sealed record Chardev(string? Label, string? Filename, bool FrontendOpen)
{
    private const string Disconnected = "disconnected:";
    private const string Unix = "unix:";

    /// <summary>Whether this is the unix socket at the absolute <paramref name="path"/>. QEMU may have been given a relative
    /// one.</summary>
    public bool IsSocket(string path)
    {
        var name = (Filename ?? "").AsSpan();
        if (name.StartsWith(Disconnected)) name = name[Disconnected.Length..];
        if (!name.StartsWith(Unix)) return false;
        name = name[Unix.Length..];
        var options = name.IndexOf(",server", StringComparison.Ordinal);
        if (options >= 0) name = name[..options];
        if (name.SequenceEqual(path)) return true;
        if (name.StartsWith("./")) name = name[2..];
        return name is [not '/', ..] && path.AsSpan().EndsWith(name) && path[^(name.Length + 1)] == '/';
    }
}
