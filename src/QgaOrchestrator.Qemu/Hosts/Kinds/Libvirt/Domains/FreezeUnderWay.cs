namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>
/// The last freeze of a domain, until libvirt's daemon has ended it. In the daemon a command that waits for the domain's agent
/// may be overtaken by one that came later. So before that no answer shows that nothing will freeze the guest any more.
/// </summary>
internal sealed class FreezeUnderWay(TimeProvider time)
{
    /// <summary>
    /// How long the daemon may execute a freeze after it was sent, whether or not its sender is there: 30 s behind other
    /// commands for the domain's agent (QEMU_JOB_WAIT_TIME of libvirt's qemu_domainjob.c, 9.0), 5 s for its own sync, and 5 s.
    /// </summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(40);

    private LibvirtCall? _call;

    public void Begin(LibvirtCall call) => Volatile.Write(ref _call, call);

    /// <summary>Completes when no freeze is under way there, or the daemon is gone.</summary>
    public Task EndedAsync() => Volatile.Read(ref _call)?.EndedThereAsync() ?? Task.CompletedTask;

    /// <returns>Null: none is under way; or that one is.</returns>
    public async Task<string?> EndedAsync(TimeSpan timeout)
    {
        if (Volatile.Read(ref _call) is not { } call) return null;
        try
        {
            await call.EndedThereAsync().WaitAsync(timeout, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return "libvirt's daemon has not ended the freeze yet, which may still be executed";
        }
        Interlocked.CompareExchange(ref _call, null, call);
        return null;
    }
}
