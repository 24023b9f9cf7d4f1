namespace QgaOrchestrator.Core.Vms;

/// <summary>
/// Commands whose success the agent does not answer, since the guest goes away with it. A guest that halts shows by nothing
/// but its agent's end.
/// </summary>
public static class Departure
{
    /// <summary>Whether this event of QEMU's monitor shows that the guest obeyed.</summary>
    public static bool IsShownBy(string command, string happened) => (command, happened) switch
    {
        ("guest-shutdown", "SHUTDOWN" or "RESET") => true,
        ("guest-suspend-disk", "SUSPEND_DISK" or "SHUTDOWN") => true,
        ("guest-suspend-ram" or "guest-suspend-hybrid", "SUSPEND") => true,
        _ => false,
    };

    /// <summary>
    /// Whether the closing of its agent's port shows it. A guest closes the port before it falls asleep, too, and opens it
    /// again where it then cannot: its agent still answers with the error.
    /// </summary>
    public static bool IsShownByThePort(string command) => command is "guest-shutdown";

    /// <summary>After it the guest sleeps until its monitor wakes it.</summary>
    public static bool NeedsWaking(string command) => command is "guest-suspend-ram" or "guest-suspend-hybrid";
}
