using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Core.Runs;

/// <summary>A number of VMs, or a percentage of a run's fixed targets: <c>5</c> or <c>"10%"</c>.</summary>
[JsonConverter(typeof(CountOrPercentJson))]
public readonly record struct CountOrPercent(int Value, bool Percent)
{
    public static readonly CountOrPercent All = new(100, true);

    public static readonly CountOrPercent None = new(0, false);

    /// <summary>In VMs; a percentage is rounded down.</summary>
    public int Of(int total) => Percent ? (int)((long)total * Value / 100) : Value;

    /// <summary>Reads <c>5</c> or <c>10%</c>; null for anything else.</summary>
    public static CountOrPercent? Parse(string text)
    {
        var percent = text.EndsWith('%');
        return
            int.TryParse(percent ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && !(percent && value > 100)
            ? new CountOrPercent(value, percent)
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value}{(Percent ? "%" : "")}");
}

/// <summary>As the contract writes an amount: a number, or a string with a percent sign.</summary>
public sealed class CountOrPercentJson : JsonConverter<CountOrPercent>
{
    public override CountOrPercent Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt32(out var count) && count >= 0 => new CountOrPercent(count, false),
            JsonTokenType.String when CountOrPercent.Parse(reader.GetString()!) is { } amount => amount,
            _ => throw new JsonException("expected a number of VMs, or a percentage as in \"10%\""),
        };

    public override void Write(Utf8JsonWriter writer, CountOrPercent value, JsonSerializerOptions options)
    {
        if (value.Percent) writer.WriteStringValue(value.ToString());
        else writer.WriteNumberValue(value.Value);
    }
}
