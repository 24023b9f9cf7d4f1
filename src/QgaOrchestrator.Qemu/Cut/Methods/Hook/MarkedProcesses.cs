using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Cut.Methods.Hook;

/// <summary>
/// What a hook of one attempt has left running: after a time-out, or when the node ended and the hook did not. Each carries
/// the attempt's name in its environment, wherever it went.
/// </summary>
internal static class MarkedProcesses
{
    public const string Variable = "QGA_HOOK";

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(50);

    /// <summary>Kills them, and waits until they are gone: what is undone must not be done again behind the undo.</summary>
    /// <exception cref="CutException">One is still there, as one that hangs in the kernel is.</exception>
    public static async Task EndAsync(string mark, TimeSpan limit, TimeProvider time, CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        while (Find(mark) is { Count: > 0 } pids)
        {
            if (time.GetElapsedTime(start) > limit)
                throw new CutException($"an earlier run of the hook has not ended (pid {string.Join(", ", pids)})",
                    "See what it waits for: its storage may hang. The host's next start ends it at the latest.");
            foreach (var pid in pids) Signals.Kill(pid);
            await Task.Delay(Again, time, cancel).ConfigureAwait(false);
        }
    }

    internal static IReadOnlyList<int> Find(string mark) => ProcessMarks.Find(Variable, mark);
}
