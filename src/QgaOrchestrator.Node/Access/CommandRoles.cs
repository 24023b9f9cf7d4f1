using System.Collections.Frozen;

namespace QgaOrchestrator.Node.Access;

/// <summary>Which role an agent command needs: a viewer's are listed, so that one that is new, or unknown to us, is none of
/// them.</summary>
public static class CommandRoles
{
    /// <summary>
    /// They only read, and what they read is the machine's shape and state. Not among them, though a repeat is safe:
    /// guest-fstrim (works on every file system for minutes), guest-file-flush (somebody's open file),
    /// guest-ssh-get-authorized-keys (shows a file); nor guest-file-read and guest-exec-status, which show what a viewer
    /// could not have asked for.
    /// </summary>
    private static readonly FrozenSet<string> Viewers = new[]
    {
        "guest-sync", "guest-sync-delimited", "guest-ping", "guest-info", "guest-get-time",
        "guest-fsfreeze-status", "guest-get-fsinfo", "guest-get-disks", "guest-get-diskstats",
        "guest-network-get-interfaces", "guest-network-get-route", "guest-get-host-name", "guest-get-osinfo",
        "guest-get-users", "guest-get-timezone", "guest-get-devices", "guest-get-load", "guest-get-cpustats",
        "guest-get-vcpus", "guest-get-memory-blocks", "guest-get-memory-block-info",
    }.ToFrozenSet();

    public static Role Needed(string command) => Viewers.Contains(command) ? Role.Viewer : Role.Operator;
}
