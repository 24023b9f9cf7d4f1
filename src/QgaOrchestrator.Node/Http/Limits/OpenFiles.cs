using System.Globalization;

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>
/// File descriptors: how many the process may open (the runtime raises the soft limit to the hard one at its start), and how
/// many are reserved for the VMs. Their sockets come first: without them no guest is thawed.
/// </summary>
public static class OpenFiles
{
    /// <summary>The sockets of agent and monitor, and the VM's lock.</summary>
    public const int PerVm = 3;

    /// <summary>For stores, logs, assemblies, timers, and files that are being copied.</summary>
    public const int Base = 256;

    /// <summary>The range of HTTP connections.</summary>
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

    /// <summary>How many HTTP connections so many VMs leave.</summary>
    public static int Connections(int limit, int vms) =>
        (int)Math.Clamp((long)limit - Base - ((long)PerVm * vms), FewestConnections, MostConnections);

    /// <summary>How many descriptors so many VMs need.</summary>
    public static int Needed(int vms) => Base + FewestConnections + (PerVm * vms);
}
