namespace QgaOrchestrator.Qemu.Wire;

/// <summary>
/// Connects to a socket that others use too. QEMU serves one client and lets one wait, so a third is refused at once (EAGAIN),
/// although the socket may be free a moment later: it tries again, as Proxmox's own client does. On a socket that is ours alone
/// the first answer holds.
/// </summary>
internal static class SharedConnect
{
    private const int ShortestPause = 75, Jitter = 50;

    /// <param name="isWanted">Whether whoever asked for it still waits.</param>
    public static async ValueTask<ConnectOutcome> ConnectAsync(
        string path, SocketHold hold, LineMemory memory, TimeProvider time, Func<bool> isWanted)
    {
        while (true)
        {
            var outcome = await UnixConnection.ConnectAsync(path, memory, time).ConfigureAwait(false);
            if (outcome is not ConnectOutcome.Busy || hold == SocketHold.Exclusive || !isWanted()) return outcome;
            // Two that wait for one socket are not to meet again: the clock's last digits are chance enough.
            var pause = TimeSpan.FromMilliseconds(ShortestPause + (time.GetTimestamp() % Jitter));
            await Task.Delay(pause, time).ConfigureAwait(false);
        }
    }
}
