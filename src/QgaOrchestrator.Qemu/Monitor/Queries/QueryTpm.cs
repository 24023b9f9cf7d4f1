namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-tpm: the VM's TPMs. Their state is kept by another program, or by the host's own.</summary>
public static class QueryTpm
{
    /// <inheritdoc cref="MonitorQuery.AskAsync"/>
    public static async Task<IReadOnlyList<string>> IdsAsync(IMonitor monitor, TimeSpan timeout) =>
        [
            .. (
                await MonitorQuery
                    .AskAsync(monitor, "query-tpm", default, MonitorJson.Default.ListTpm, timeout)
                    .ConfigureAwait(false)
                ?? []
            ).Select(tpm => tpm.Id ?? "tpm"),
        ];

    internal sealed record Tpm(string? Id);
}
