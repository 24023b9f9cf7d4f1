using System.Text.Json.Serialization;

namespace QgaOrchestrator.Core.Runs;

/// <summary>Values of a run's options that stand in no journal, view, log or answer. They end with the run.</summary>
/// <param name="Env">Of an exec: NAME=VALUE each.</param>
public sealed record RunSecrets(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Env = null)
{
    public override string ToString() => "***";
}
