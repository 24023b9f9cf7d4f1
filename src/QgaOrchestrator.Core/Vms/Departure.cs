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

    /// <summary>After it the guest sleeps until its monitor wakes it.</summary>
    public static bool NeedsWaking(string command) => command is "guest-suspend-ram" or "guest-suspend-hybrid";
}
