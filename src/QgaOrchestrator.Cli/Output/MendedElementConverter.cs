using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.Output;

/// <summary>What a guest returned is shown though some of it is no text: a node of an earlier version passes that on.</summary>
internal sealed class MendedElementConverter : JsonConverter<JsonElement>
{
    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonElement.ParseValue(ref reader);

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options)
    {
        using var mended = JsonDocument.Parse(JsonText.Mended(Encoding.UTF8.GetBytes(value.GetRawText())));
        mended.RootElement.WriteTo(writer);
    }
}
