using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.PasswordCheck;

/// <summary>Options of a run that checks passwords.</summary>
/// <param name="User">Of this account alone; null: of every account in the escrow.</param>
public sealed record CheckOptions(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? User = null)
{
    public static CheckOptions? Of(RunOptions run) => run.Of(CheckKind.Name, CheckJson.Default.CheckOptions);

    public RunOptions In(RunOptions run) => run.With(CheckKind.Name, this, CheckJson.Default.CheckOptions);
}

/// <summary>What an item of the kind tells of its own.</summary>
/// <param name="Accounts">How many accounts were looked at.</param>
/// <param name="InForce">The generation in force of each, as in "root: 3".</param>
public sealed record CheckValues(int Accounts, string InForce)
{
    public OwnValues ToOwn() => OwnValues.Of(this, CheckJson.Default.CheckValues);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(CheckOptions))]
[JsonSerializable(typeof(CheckValues))]
internal sealed partial class CheckJson : JsonSerializerContext;
