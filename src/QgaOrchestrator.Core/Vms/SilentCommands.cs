namespace QgaOrchestrator.Core.Vms;

/// <summary>
/// Commands that take the guest away, so the agent sends no reply on success: what shows that the guest obeyed. A guest that
/// halts shows nothing but the end of its agent.
/// </summary>
public static class SilentCommands
{
    /// <summary>Whether this event of QEMU's monitor shows that the guest obeyed.</summary>
    public static bool IsShownByEvent(string command, string happened) => (command, happened) switch
    {
        ("guest-shutdown", "SHUTDOWN" or "RESET") => true,
        ("guest-suspend-disk", "SUSPEND_DISK" or "SHUTDOWN") => true,
        ("guest-suspend-ram" or "guest-suspend-hybrid", "SUSPEND") => true,
        _ => false,
    };

    /// <summary>
    /// Whether the closing of the agent's port shows it. A guest also closes the port before it falls asleep, and opens it again
    /// if it cannot sleep: then its agent still answers with the error.
    /// </summary>
    public static bool IsShownByPort(string command) => command is "guest-shutdown";

    /// <summary>After it the guest sleeps in its memory until its monitor wakes it.</summary>
    public static bool SuspendsToMemory(string command) => command is "guest-suspend-ram" or "guest-suspend-hybrid";
}
