using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Monitor;

/// <summary>What a monitor may send: how long a line, and how much that nobody waits for before its link ends.</summary>
internal sealed class MonitorNoise(TimeProvider time)
{
    /// <summary>Events and errors are hundreds of bytes.</summary>
    public const int LongestEvent = 64 << 10;

    /// <summary>query-block tells each disk's chain of images: a few KiB an image.</summary>
    private const int LongestQuery = 8 << 20;

    private const int Budget = 1 << 20;

    /// <summary>About 4,000 errors of a disk; QEMU itself limits most other events to one a second.</summary>
    private const int EventsPerSecond = 1 << 20;

    private const int PerLine = 256;

    private long _cost, _events, _second;

    public static int LargestReply(string command) =>
        command.StartsWith("query-", StringComparison.Ordinal) || command.StartsWith("qom-", StringComparison.Ordinal)
            ? LongestQuery
            : LongestEvent;

    /// <returns>Why a line that was thrown away ends the link; null: it was not.</returns>
    public static string? Refuse(WireLine line) => line.Fault switch
    {
        LineFault.TooLong =>
            $"QEMU's monitor sent a line longer than the {LongestEvent >> 10} KiB of an event and the {LongestQuery >> 20} MiB "
                + $"of a query's answer",
        LineFault.NoMemory =>
            $"a long line of QEMU's monitor found no room in the {LineMemory.Monitors.Capacity >> 20} MiB that all monitors "
                + $"share",
        _ => null,
    };

    public void Answered() => _cost = 0;

    /// <returns>Why it is enough; null: it is not.</returns>
    public string? Add(WireLine line) =>
        (_cost += line.Noise + line.Bytes.Length + PerLine) > Budget
            ? "QEMU's monitor floods this node with unsolicited messages"
            : null;

    /// <inheritdoc cref="Add"/>
    public string? AddEvent(WireLine line)
    {
        if (time.GetElapsedTime(_second) >= TimeSpan.FromSeconds(1)) (_second, _events) = (time.GetTimestamp(), 0);
        return (_events += line.Bytes.Length) > EventsPerSecond
            ? $"QEMU's monitor floods this node with events: more than {EventsPerSecond >> 20} MiB within a second" : null;
    }
}
