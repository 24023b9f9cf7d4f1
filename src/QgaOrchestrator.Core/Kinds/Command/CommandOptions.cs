using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.Command;

/// <summary>Options of a run of one agent command. The journal holds them, so a secret never stands among the
/// arguments.</summary>
/// <param name="Command">As in guest-info.</param>
/// <param name="Arguments">As on the wire, an object; null: none.</param>
public sealed record CommandOptions(
    string Command, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Arguments = null)
{
    public static CommandOptions? Of(RunOptions run) => run.Of(CommandKind.Name, CommandJson.Default.CommandOptions);

    public RunOptions In(RunOptions run) => run.With(CommandKind.Name, this, CommandJson.Default.CommandOptions);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(CommandOptions))]
internal sealed partial class CommandJson : JsonSerializerContext;
