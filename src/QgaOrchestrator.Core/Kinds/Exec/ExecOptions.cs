using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.Exec;

/// <summary>Options of a run of one process. The journal holds them without the environment's values: see <see
/// cref="ExecSecrets"/>.</summary>
/// <param name="Path">The program; searched in PATH, without a shell.</param>
/// <param name="Timeout">From its start to its end; what still runs then keeps running.</param>
/// <param name="CaptureOutput">Both streams, up to 16 MiB each (the agent's limit).</param>
/// <param name="Args">Without the program's own name; null: none.</param>
/// <param name="Env">NAME=VALUE each; it replaces the whole environment. Null: the agent's own. In journals of earlier versions
/// only.</param>
/// <param name="EnvNames">The names of an environment whose values are the run's <see cref="ExecSecrets"/>.</param>
public sealed record ExecOptions(
    string Path,
    TimeSpan Timeout,
    bool CaptureOutput,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Args = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Env = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? EnvNames = null)
{
    public static ExecOptions? Of(RunOptions run) => run.Of(ExecKind.Name, ExecJson.Default.ExecOptions);

    public RunOptions In(RunOptions run) => run.With(ExecKind.Name, this, ExecJson.Default.ExecOptions);
}

/// <summary>What stands in no journal.</summary>
/// <param name="Env">NAME=VALUE each.</param>
public sealed record ExecSecrets(IReadOnlyList<string> Env)
{
    public static ExecSecrets? Of(RunSecrets? run) => run?.As(ExecJson.Default.ExecSecrets);

    public RunSecrets ToRun() => RunSecrets.Of(this, ExecJson.Default.ExecSecrets);

    public override string ToString() => "***";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ExecOptions))]
[JsonSerializable(typeof(ExecSecrets))]
internal sealed partial class ExecJson : JsonSerializerContext;
