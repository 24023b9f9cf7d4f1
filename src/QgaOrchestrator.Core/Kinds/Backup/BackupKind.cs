using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>How the disks are cut and copied.</summary>
[JsonConverter(typeof(CamelCaseEnum<BackupMethod>))]
public enum BackupMethod { Full, Snapshot, Incremental, Hook }

/// <summary>What a broken or impossible freeze means.</summary>
[JsonConverter(typeof(CamelCaseEnum<Consistency>))]
public enum Consistency
{
    /// <summary>The item fails, and its images are deleted.</summary>
    Require,

    /// <summary>It goes on, and the point says crash.</summary>
    Prefer,

    /// <summary>No freeze is tried.</summary>
    None,
}

/// <summary>Options of a backup, complete.</summary>
/// <param name="Method">Full, snapshot or hook in this version.</param>
/// <param name="Target">A directory, the same path for QEMU and node; null: the node's own.</param>
/// <param name="Consistency">Default require.</param>
/// <param name="Bandwidth">Bytes per second for each disk's copy; null: no limit.</param>
/// <param name="GroupBy">VMs that share a value of this label are one consistency group; null: the fleet file's groups.</param>
/// <param name="Hook">With method hook: a name of the hosts' Freeze.Hooks. Never a command line.</param>
public sealed record BackupOptions(BackupMethod Method, string? Target, Consistency Consistency, long? Bandwidth,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? GroupBy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Hook = null);

/// <summary>Kind backup: a recovery point of each VM.</summary>
public static class BackupKind
{
    public const string Name = "backup";

    /// <summary>1 TiB a second: beyond it a limit is none.</summary>
    public const long MostBandwidth = 1L << 40;

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
        "QEMU has gone on by itself: jobs are found by name and followed to their end");

    public static readonly RunStep Verify = new(
        "verify",
        "sums each image (SHA-256)",
        "nothing to undo",
        "summed again");

    public static readonly RunStep Catalog = new(
        "catalog",
        "writes point.json beside the images, then the catalog's row",
        "nothing to undo",
        "a point.json that is there is the proof that the item succeeded");

    public static RunKind Kind { get; } = new(
        Name,
        NeedsSelector: false,
        MaxFailures: CountOrPercent.All,
        [Prepare, Window, Copy, Verify, Catalog],
        ["method", "target", "consistency", "bandwidth", "groupBy", "hook"],
        Read);

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
            $"{frozen} file systems froze and {thawed} thawed: a freeze of somebody else's was mixed with ours",
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

    private static RunOptions Read(RunOptions options, RunOptionReader reader)
    {
        var method = reader.OneOf<BackupMethod>("method") ?? BackupMethod.Full;
        if (method is BackupMethod.Incremental)
            reader.Fail("method", "incremental is not available in this version; there are full, snapshot and hook");
        var target = reader.Text("target");
        if (target is not null && !target.StartsWith('/'))
            reader.Fail("target", "expected an absolute path: it is the same for QEMU and node");
        var hook = reader.Text("hook");
        if (method is BackupMethod.Hook && string.IsNullOrEmpty(hook))
            reader.Fail("hook", "method hook needs the name of a hook in the hosts' Freeze.Hooks");
        if (method is not BackupMethod.Hook && hook is not null)
            reader.Fail("hook", $"only method hook calls one, and this is {method.ToString().ToLowerInvariant()}");
        return options with
        {
            Backup = new BackupOptions(
                method,
                target,
                reader.OneOf<Consistency>("consistency") ?? Consistency.Require,
                reader.Bytes("bandwidth", MostBandwidth),
                reader.Text("groupBy"),
                hook
            ),
        };
    }
}
