using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.Backup;

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
/// <param name="Method">The name of a cut method, which their registry has found (CutMethods).</param>
/// <param name="Target">A directory, the same path for QEMU and node; null: the node's own.</param>
/// <param name="Consistency">Default require.</param>
/// <param name="Bandwidth">Bytes per second for each disk's copy; null: no limit.</param>
/// <param name="GroupBy">VMs that share a value of this label are one consistency group; null: the fleet file's groups.</param>
public sealed record BackupOptions(string Method, string? Target, Consistency Consistency, long? Bandwidth,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? GroupBy = null)
{
    /// <summary>The method's own options, beside these in the journal: each is a text. Null: none. Not init: the reader of JSON
    /// cannot give extension data to a constructor.</summary>
    [JsonExtensionData]
    public OwnValues? OfMethod { get; set; }

    /// <summary>The method's own options by name.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> MethodOptions =>
        (OfMethod ?? []).Where(own => own.Value.ValueKind == JsonValueKind.String)
        .ToDictionary(own => own.Key, own => own.Value.GetString()!);

    /// <summary>These options with a method's own among them.</summary>
    public BackupOptions With(IReadOnlyDictionary<string, string> own)
    {
        ArgumentNullException.ThrowIfNull(own);
        if (own.Count == 0) return this;
        var kept = new OwnValues();
        foreach (var (name, value) in own) kept[name] = JsonSerializer.SerializeToElement(value, BackupJson.Default.String);
        return this with { OfMethod = kept };
    }

    public static BackupOptions? Of(RunOptions run) => run.Of(BackupKind.Name, BackupJson.Default.BackupOptions);

    public RunOptions In(RunOptions run) => run.With(BackupKind.Name, this, BackupJson.Default.BackupOptions);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(BackupOptions))]
[JsonSerializable(typeof(BackupValues))]
[JsonSerializable(typeof(OwnValues))]
[JsonSerializable(typeof(string))]
internal sealed partial class BackupJson : JsonSerializerContext;
