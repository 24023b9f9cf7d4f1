using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// Secret values of a run's options, as its kind keeps them: JSON that stands in no journal, view, log or answer. They are
/// removed when the run ends.
/// </summary>
[JsonConverter(typeof(RunSecretsJson))]
public sealed class RunSecrets(JsonElement values)
{
    public static RunSecrets Of<T>(T values, JsonTypeInfo<T> type) => new(JsonSerializer.SerializeToElement(values, type));

    public T As<T>(JsonTypeInfo<T> type) =>
        values.Deserialize(type) ?? throw new JsonException("the run's secrets are null");

    public override string ToString() => "***";

    internal void WriteTo(Utf8JsonWriter writer) => values.WriteTo(writer);
}

/// <summary>Secrets are written as they are: the JSON of their kind.</summary>
public sealed class RunSecretsJson : JsonConverter<RunSecrets>
{
    public override RunSecrets Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(JsonElement.ParseValue(ref reader));

    public override void Write(Utf8JsonWriter writer, RunSecrets value, JsonSerializerOptions options) => value.WriteTo(writer);
}
