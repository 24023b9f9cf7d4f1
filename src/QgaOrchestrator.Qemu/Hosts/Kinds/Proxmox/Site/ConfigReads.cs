namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

/// <summary>
/// Looks at files of pmxcfs. It hangs where its cluster does, and whoever reads then is held up in the kernel: so two threads at
/// the most look, and nobody waits for them longer than the limit. A thaw needs none of it.
/// </summary>
internal static class ConfigReads
{
    private const int ThreadsAtOnce = 2;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static readonly TaskFactory Few =
        new(new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, ThreadsAtOnce).ConcurrentScheduler);

    /// <exception cref="IOException">It cannot be read, or did not answer in time.</exception>
    /// <exception cref="UnauthorizedAccessException">It is not ours to read.</exception>
    public static async Task<T> AskAsync<T>(Func<T> look, TimeProvider time)
    {
        try
        {
            return await Few.StartNew(look).WaitAsync(Limit, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new IOException($"pmxcfs does not answer within {Limit.TotalSeconds:0} s");
        }
    }
}
