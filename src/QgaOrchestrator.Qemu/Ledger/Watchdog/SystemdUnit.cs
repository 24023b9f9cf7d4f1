using System.Globalization;

namespace QgaOrchestrator.Qemu.Ledger.Watchdog;

/// <summary>
/// Whether a process is a service of systemd's. INVOCATION_ID and NOTIFY_SOCKET alone prove nothing: every shell below a
/// service or a user's session inherits them. SYSTEMD_EXEC_PID names the very process that systemd has executed (since 248);
/// before that, or behind a script, the control group of a service with our name tells.
/// </summary>
public static class SystemdUnit
{
    private const string OurName = "qgad";

    /// <summary>The unit's name; null: systemd does not run this process.</summary>
    public static string? OfThisProcess() => Of(Environment.GetEnvironmentVariable, Environment.ProcessId, ReadControlGroup());

    /// <param name="environment">A variable by its name.</param>
    /// <param name="pid">The process's own.</param>
    /// <param name="controlGroup">/proc/PID/cgroup.</param>
    public static string? Of(Func<string, string?> environment, int pid, string controlGroup)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(controlGroup);
        // Version 2 has one line, 0::/PATH; version 1 has systemd's own among others.
        var group = controlGroup.Split('\n').Select(line => line.Split(':', 3))
            .FirstOrDefault(line => line is [_, "" or "name=systemd", _])?[2] ?? "";
        var service = group.Split('/').LastOrDefault(part => part.EndsWith(".service", StringComparison.Ordinal));
        if (environment("SYSTEMD_EXEC_PID") == pid.ToString(CultureInfo.InvariantCulture)) return service ?? "a unit";
        return service?.StartsWith(OurName, StringComparison.Ordinal) == true && group.EndsWith(service, StringComparison.Ordinal)
            && environment("INVOCATION_ID") is { Length: > 0 } ? service : null;
    }

    private static string ReadControlGroup()
    {
        try
        {
            return File.ReadAllText("/proc/self/cgroup");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
