using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>How the disks are cut and copied.</summary>
[JsonConverter(typeof(CamelCaseNames<BackupMethod>))]
public enum BackupMethod { Full, Snapshot, Incremental, Hook }

/// <summary>What a broken or impossible freeze means.</summary>
[JsonConverter(typeof(CamelCaseNames<Consistency>))]
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
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Hook = null)
{
    public static BackupOptions? Of(RunOptions run) => run.Of(BackupKind.Name, BackupJson.Default.BackupOptions);

    public RunOptions In(RunOptions run) => run.With(BackupKind.Name, this, BackupJson.Default.BackupOptions);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(BackupOptions))]
internal sealed partial class BackupJson : JsonSerializerContext;
