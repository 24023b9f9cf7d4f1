using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>
/// Ids for guest-sync-delimited, never one of the last thousands again: an older sync's reply must not pass for ours.
/// On a socket that is ours alone they are random in 1 to 2^53-1, which every JSON library holds. On a shared one they are
/// 1 to 9999: Proxmox's client skips a stale id that is smaller than its own (pid and counter), and dies on a larger one.
/// Not thread-safe.
/// </summary>
internal sealed class SyncIds(SocketHold hold, Random random)
{
    private const long MostPerCommand = 9999;

    private long _last = random.NextInt64(MostPerCommand);

    public long Next()
    {
        _last = hold == SocketHold.Exclusive
            ? random.NextInt64(1, 1L << 53)
            : (_last % MostPerCommand) + 1;
        return _last;
    }
}
