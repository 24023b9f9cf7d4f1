using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Cli.Runs;

/// <summary>One option of a run: its member in the API, and how its text becomes a value. The node has the last word.</summary>
internal sealed partial record RunOption(string Member, string Shape, string Help, Func<string, JsonNode?> Parse)
{
    /// <summary>The option that its reader knows so: what a value looks like says how it is parsed.</summary>
    public static RunOption Of(OptionInfo known) => new(
        known.Name,
        known.Value,
        Text.Sentence(known.Help)
            + (known.Example is { } typed ? $", for example {typed}" : "")
            + (known.Default is { } given ? $" (default: {given})" : ""),
        known.Value switch
        {
            "N" => Number,
            "N|%" => NumberOrPercent,
            "N|%,…" => NumbersOrPercents,
            "TIME" => Duration,
            "TIME|never" => DurationOrNever,
            "LABEL=N" => PerLabel,
            "BYTES/s" => Bytes,
            "true|false" => Flag,
            _ => Word,
        });

    /// <summary>As on the command line: maxFailures is --max-failures.</summary>
    public string Name => NameOf(Member);

    public static string NameOf(string member) =>
        "--" + Capital().Replace(member, static match => "-" + match.Value.ToLowerInvariant());

    public static JsonNode Word(string text) => JsonValue.Create(text);

    public static JsonNode Flag(string text) => text switch
    {
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ => throw new FormatException($"'{text}' is neither true nor false"),
    };

    public static JsonNode Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? JsonValue.Create(number)
            : throw new FormatException($"'{text}' is not a whole number");

    public static JsonNode NumberOrPercent(string text)
    {
        var percent = text.EndsWith('%');
        if (!int.TryParse(percent ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            throw new FormatException($"'{text}' is neither a number nor a percentage, as in 5 or 10%");
        if (percent && number > 100)
            throw new FormatException($"'{text}' is more than 100%");
        return percent ? JsonValue.Create(text) : JsonValue.Create(number);
    }

    public static JsonNode NumbersOrPercents(string text) =>
        new JsonArray([.. text.Split(',').Select(NumberOrPercent)]);

    public static JsonNode Duration(string text) =>
        JsonValue.Create(Durations.Parse(text).ToString("c", CultureInfo.InvariantCulture));

    public static JsonNode? DurationOrNever(string text) => text == "never" ? null : Duration(text);

    public static JsonNode PerLabel(string text)
    {
        var limits = new JsonObject();
        foreach (var limit in text.Split(','))
            limits[
                limit.Split('=') is [{ Length: > 0 } label, _]
                    ? label
                    : throw new FormatException($"'{limit}' is not as in app=2")
            ] = Number(limit.Split('=')[1]);
        return limits;
    }

    /// <summary>Bytes, also as 500K, 50M or 2G, of 1024 each.</summary>
    public static JsonNode Bytes(string text)
    {
        var factor = text.Length == 0
            ? 1
            : char.ToUpperInvariant(text[^1]) switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, _ => 1 };
        return long.TryParse(factor == 1 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number > 0 && number <= long.MaxValue / factor
            ? JsonValue.Create(number * factor)
            : throw new FormatException($"'{text}' is not a number of bytes, as in 50000000 or 50M");
    }

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
