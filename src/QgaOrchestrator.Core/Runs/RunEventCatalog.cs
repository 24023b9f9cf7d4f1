using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// The stored format of a run's events. A manifest stands in the journal's row, not in the JSON. An added optional member
/// keeps its manifest; anything else is a new version with an upcast that stays for good. Each row has a golden file.
/// </summary>
public static class RunEventCatalog
{
    public static IReadOnlyDictionary<string, JsonTypeInfo> Manifests { get; } = new Dictionary<string, JsonTypeInfo>
    {
        ["run.started.v1"] = RunJson.Default.RunStarted,
        ["run.dispatched.v1"] = RunJson.Default.ItemsDispatched,
        ["run.settled.v1"] = RunJson.Default.ItemsSettled,
        ["run.paused.v1"] = RunJson.Default.RunPaused,
        ["run.resumed.v1"] = RunJson.Default.RunResumed,
        ["run.aborted.v1"] = RunJson.Default.RunAborted,
        ["run.finished.v1"] = RunJson.Default.RunFinished,
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(RunEvent.RunStarted))]
[JsonSerializable(typeof(RunEvent.ItemsDispatched))]
[JsonSerializable(typeof(RunEvent.ItemsSettled))]
[JsonSerializable(typeof(RunEvent.RunPaused))]
[JsonSerializable(typeof(RunEvent.RunResumed))]
[JsonSerializable(typeof(RunEvent.RunAborted))]
[JsonSerializable(typeof(RunEvent.RunFinished))]
[JsonSerializable(typeof(RunSecrets))]
[JsonSerializable(typeof(RunSummary))]
[JsonSerializable(typeof(RunItemView))]
[JsonSerializable(typeof(RunItemView[]))]
public sealed partial class RunJson : JsonSerializerContext;
