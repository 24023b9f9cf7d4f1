using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Core.Runs;

/// <summary>A number of VMs, or a percentage of a run's fixed targets: <c>5</c> or <c>"10%"</c>.</summary>
[JsonConverter(typeof(AmountJson))]
public readonly record struct Amount(int Value, bool Percent)
{
    public static readonly Amount All = new(100, true);

    public static readonly Amount None = new(0, false);

    /// <summary>In VMs; a percentage is rounded down.</summary>
    public int Of(int total) => Percent ? (int)((long)total * Value / 100) : Value;

    /// <summary>Reads <c>5</c> or <c>10%</c>; null for anything else.</summary>
    public static Amount? Parse(string text)
    {
        var percent = text.EndsWith('%');
        return
            int.TryParse(percent ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            && !(percent && value > 100)
            ? new Amount(value, percent)
            : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value}{(Percent ? "%" : "")}");
}

/// <summary>As the contract writes an amount: a number, or a string with a percent sign.</summary>
public sealed class AmountJson : JsonConverter<Amount>
{
    public override Amount Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt32(out var count) && count >= 0 => new Amount(count, false),
            JsonTokenType.String when Amount.Parse(reader.GetString()!) is { } amount => amount,
            _ => throw new JsonException("expected a number of VMs, or a percentage as in \"10%\""),
        };

    public override void Write(Utf8JsonWriter writer, Amount value, JsonSerializerOptions options)
    {
        if (value.Percent) writer.WriteStringValue(value.ToString());
        else writer.WriteNumberValue(value.Value);
    }
}
