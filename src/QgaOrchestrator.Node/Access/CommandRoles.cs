using System.Collections.Frozen;

namespace QgaOrchestrator.Node.Access;

/// <summary>The role that an agent command needs. The viewer's commands are listed: a new or unknown one needs an
/// operator.</summary>
public static class CommandRoles
{
    /// <summary>
    /// Commands that only read the machine's shape and state. Not among them, although they are safe to repeat: guest-fstrim
    /// (works on every file system for minutes), guest-file-flush (an open file of somebody), guest-ssh-get-authorized-keys
    /// (shows a file). Nor are guest-file-read and guest-exec-status, which show what a viewer may not start.
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
