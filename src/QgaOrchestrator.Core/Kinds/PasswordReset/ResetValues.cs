using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Kinds.PasswordReset;

/// <summary>What an item of the kind tells of its own.</summary>
/// <param name="Generation">The one that is the current one now; null: none was promoted.</param>
/// <param name="Evidence">How that is known; in a dry run, how it would be.</param>
/// <param name="Scheme">The prefix of the hash, as in $y$; null: the guest takes the password itself.</param>
public sealed record ResetValues(int? Generation, Evidence? Evidence, string? Scheme)
{
    /// <summary>Null: there is nothing to tell.</summary>
    public OwnValues? ToOwn() => this is { Generation: null, Evidence: null, Scheme: null }
        ? null
        : OwnValues.Of(this, ResetValuesJson.Default.ResetValues);

    public static ResetValues Of(OwnValues? kept) => kept is null
        ? new ResetValues(null, null, null)
        : JsonSerializer.SerializeToElement(kept, ResetValuesJson.Default.OwnValues)
            .Deserialize(ResetValuesJson.Default.ResetValues)!;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ResetValues))]
[JsonSerializable(typeof(OwnValues))]
internal sealed partial class ResetValuesJson : JsonSerializerContext;
