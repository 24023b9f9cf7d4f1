using System.Globalization;
using System.Text;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Cut.Methods.Hook;

/// <summary>
/// What a hook of one attempt has left running: after a time-out, or when the node ended and the hook did not. Each carries
/// the attempt's name in its environment, wherever it went, so it is found without a pid that somebody had to write down.
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

    internal static IReadOnlyList<int> Find(string mark)
    {
        var wanted = Encoding.UTF8.GetBytes($"{Variable}={mark}\0");
        List<int> found = [];
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                continue;
            try
            {
                var environment = File.ReadAllBytes(Path.Combine(directory, "environ"));
                if (environment.AsSpan().IndexOf(wanted) is var at and >= 0 && (at == 0 || environment[at - 1] == 0)
                    && HostProcesses.StartTicks(pid) is not null) found.Add(pid);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is another user's: none of ours.
            }
        }

        return found;
    }
}
