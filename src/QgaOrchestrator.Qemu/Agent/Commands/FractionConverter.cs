using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>A load, or seconds since 1970: a number with a fraction, and no such number is beyond the year 9999.</summary>
internal sealed class FractionConverter : JsonConverter<double>
{
    private const double Most = 253_402_300_799;

    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDouble() is var number and >= -Most and <= Most ? number : throw new JsonException("no load and no time");

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value);
}
