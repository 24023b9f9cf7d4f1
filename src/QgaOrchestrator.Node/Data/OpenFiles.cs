using System.Globalization;

namespace QgaOrchestrator.Node.Data;

/// <summary>
/// Descriptors: what the process may have (the runtime raises the soft limit to the hard one at its start), and what is kept for
/// the VMs. Their sockets come first: without them no guest is thawed.
/// </summary>
public static class OpenFiles
{
    /// <summary>The agent's socket, the monitor's, and the lock of the VM.</summary>
    public const int PerVm = 3;

    /// <summary>Stores, logs, assemblies, timers, files that are being copied.</summary>
    public const int Base = 256;

    /// <summary>Of HTTP, at the least and at the most.</summary>
    public const int FewestConnections = 64, MostConnections = 4096;

    private const string Name = "Max open files";

    /// <summary>The limit of this process.</summary>
    public static int Limit() => Limit(File.ReadLines("/proc/self/limits"));

    /// <param name="limits">As in /proc/PID/limits.</param>
    public static int Limit(IEnumerable<string> limits) =>
        limits.FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal)) is { } line
        && int.TryParse(
            line[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0],
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var limit
        )
            ? limit
            : int.MaxValue;

    /// <summary>How many HTTP connections are left beside so many VMs.</summary>
    public static int Connections(int limit, int vms) =>
        (int)Math.Clamp((long)limit - Base - ((long)PerVm * vms), FewestConnections, MostConnections);

    /// <summary>What so many VMs need.</summary>
    public static int Needed(int vms) => Base + FewestConnections + (PerVm * vms);
}
