using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>Kind backup: a recovery point of each VM.</summary>
public static class BackupKind
{
    public const string Name = "backup";

    /// <summary>The default of the option maxFailures: one VM's failure costs no other its point.</summary>
    public static CountOrPercent MaxFailures => CountOrPercent.All;

    public static readonly RunStep Prepare = new(
        "prepare",
        "checks guest and machine, makes and attaches the targets while the guest runs",
        "targets detached, files deleted",
        "what was made is found by its names and undone; the item is tried again");

    public static readonly RunStep Window = new(
        "window",
        "freezes the guest, cuts all its disks in one transaction, thaws it",
        "guest thawed, copies cancelled, targets detached, files deleted",
        "whether the window had closed well is in the ledger or in the plan beside the images; if not, undone and tried again");

    public static readonly RunStep Copy = new(
        "copy",
        "QEMU copies each disk as it was at the cut",
        "copies cancelled, targets detached, files deleted",
        "QEMU continues by itself: the node finds the jobs by name and follows them to their end");

    public static readonly RunStep Verify = new(
        "verify",
        "sums each image (SHA-256)",
        "nothing to undo",
        "the images are summed again");

    public static readonly RunStep Catalog = new(
        "catalog",
        "writes point.json beside the images, then the catalog's row",
        "nothing to undo",
        "an existing point.json proves that the item succeeded");

    /// <summary>Why this window makes no consistent point; null: it held.</summary>
    public static (string Reason, string Remedy)? Judge(WindowRecord record) => record switch
    {
        { Broken: { } broken } => (broken, Remedy(record)),
        { CutAt: null } => (
            "the disks were not seen cut inside the window",
            "See the node's log; the VM's disks are as before"
        ),
        { Frozen: null or 0 } => (
            "the guest froze no file system",
            "Mount a file system that can freeze, or back it up with consistency prefer"
        ),
        { Frozen: { } frozen, Thawed: { } thawed } when thawed != frozen => (
            $"{frozen} file systems froze and {thawed} thawed: another program froze or thawed the guest meanwhile",
            "Let one program freeze at a time, and run the backup again"
        ),
        { Thawed: null } => ("how many file systems thawed was not seen", "Run the backup again"),
        _ => null,
    };

    private static string Remedy(WindowRecord record) => record switch
    {
        { Remedy: { } remedy } => remedy,
        { FrozenAt: null, FreezeRefused: false } =>
            "Look for a hanging freeze hook or a stuck disk in the guest; see its qemu-ga log. Or use consistency prefer",
        { FreezeRefused: true } => "See the guest's qemu-ga log and its fsfreeze hook, or use consistency prefer",
        _ => "Run the backup again; if it happens often, look for what slows the guest's disks or agent",
    };
}
