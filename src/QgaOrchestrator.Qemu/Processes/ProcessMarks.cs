using System.Globalization;
using System.Text;

namespace QgaOrchestrator.Qemu.Processes;

/// <summary>
/// Processes that carry a mark of ours in their environment, and whatever they have started: found without a pid that somebody
/// had to write down, also by a node that has begun anew.
/// </summary>
internal static class ProcessMarks
{
    /// <returns>Their pids. Zombies are none: they do nothing any more.</returns>
    public static IReadOnlyList<int> Find(string variable, string value)
    {
        var wanted = Encoding.UTF8.GetBytes($"{variable}={value}\0");
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
