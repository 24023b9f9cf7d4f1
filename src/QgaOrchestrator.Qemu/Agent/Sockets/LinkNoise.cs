using System.Globalization;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>
/// What an agent may send, by the state of its link: how long a line, and how much that answers nothing before the link ends.
/// Noise costs no memory, only the time to read it past.
/// </summary>
/// <param name="Cost">Of all noise since the last answer: its bytes, and for each line the work that it makes.</param>
public readonly record struct LinkNoise(long Cost)
{
    /// <summary>An agent in step sends next to nothing that is not asked for.</summary>
    private const int Budget = 1 << 20;

    /// <summary>Before a sync's answer a reply that nobody waits for may come, a former client's or a late one: 64 MiB at the
    /// most.</summary>
    private const int SyncBudget = 80 << 20;

    private const int PerLine = 256;

    /// <summary>A line that looks like a sync's reply is read as JSON.</summary>
    private const int PerSync = 4096;

    /// <summary>Nothing long is waited for but the reply of the request in flight.</summary>
    public static int LongestLine(LinkState state) => state is LinkState.Busy busy ? busy.Request.LargestReply : LineReader.Small;

    /// <summary>Why a line that was thrown away ends the link; null: it is noise, like what comes before a sync's
    /// reply.</summary>
    public static string? Refuse(LinkState state, WireLine line) => (line.Fault, state) switch
    {
        (LineFault.TooLong, LinkState.Busy busy) =>
            $"the reply to {busy.Request} is longer than the {Size(busy.Request.LargestReply)} that it may have",
        (LineFault.TooLong, LinkState.Ready) =>
            $"the agent sent a line of more than {Size(LineReader.Small)} though nothing was asked",
        (LineFault.NoMemory, LinkState.Busy or LinkState.Ready) => NoMemory(state),
        _ => null,
    };

    public static string NoMemory(LinkState state) =>
        $"the reply to {(state as LinkState.Busy)?.Request.Command ?? "a command"} found no room in the "
            + $"{Size(LineMemory.Agents.Capacity)} that long replies share: ask for less at once, or for fewer at a time";

    public LinkNoise And(LinkState state, WireLine line) =>
        new(Cost + line.Noise + line.Bytes.Length + (Discards(state) && line.AfterSentinel ? PerSync : PerLine));

    /// <summary>Why it is enough; null: it is not.</summary>
    public string? Objection(LinkState state) =>
        Cost > (Discards(state) ? SyncBudget : Budget) ? "the agent floods its channel with what answers nothing" : null;

    private static bool Discards(LinkState state) => state is LinkState.Syncing or LinkState.Resyncing { Heard: null };

    private static string Size(long bytes) => bytes >= 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10} KiB");
}
