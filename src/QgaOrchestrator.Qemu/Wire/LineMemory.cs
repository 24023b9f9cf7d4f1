namespace QgaOrchestrator.Qemu.Wire;

/// <summary>
/// The memory that long lines of all links share. A line up to <see cref="Free"/> needs none of it, and so no reply to a
/// freeze, a thaw or a status does. A longer one takes one share, and beyond <see cref="Long"/> another: each whole, before
/// the line grows into it, and always in this order, so that no two lines wait for each other. Who finds no room waits in
/// turn; a share that was held for <see cref="Undisturbed"/> is then taken from its line, so that a guest whose reply drips
/// holds up nobody for longer.
/// </summary>
public sealed class LineMemory(long ofLong, long ofLargest)
{
    /// <summary>A line up to this, 64 KiB and its end, counts for nothing.</summary>
    public const int Free = (64 << 10) + 1;

    /// <summary>A line beyond this, 1 MiB and its end, is one of the largest.</summary>
    public const int Long = (1 << 20) + 1;

    /// <summary>A reply of 64 MiB takes about 3 s from an emulated guest.</summary>
    public static readonly TimeSpan Undisturbed = TimeSpan.FromSeconds(5);

    private readonly LineShares _long = new(ofLong), _largest = new(ofLargest);

    /// <summary>Of all agents of this process. The largest reply there is, a file read of 48 MiB, finds room.</summary>
    public static LineMemory Agents { get; } = new(8 * Long, 66 << 20);

    /// <summary>Of all monitors: a guest's agent is never in their way.</summary>
    public static LineMemory Monitors { get; } = new(4 * Long, 16 << 20);

    /// <summary>All that lines may hold together.</summary>
    public long Capacity => _long.Capacity + _largest.Capacity;

    /// <summary>What lines hold now.</summary>
    public long Held => _long.Held + _largest.Held;

    /// <param name="letGo">Cancelled by its line, to wait no longer; or by us, to have the share back.</param>
    /// <exception cref="OperationCanceledException">The line was told to let go.</exception>
    internal Task<LineShare> TakeAsync(int bytes, CancellationTokenSource letGo, TimeProvider time) =>
        (bytes <= Long ? _long : _largest).TakeAsync(bytes, letGo, time);
}
