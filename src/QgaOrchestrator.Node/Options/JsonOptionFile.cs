using System.Globalization;
using System.Text;
using System.Text.Json;

namespace QgaOrchestrator.Node.Options;

/// <summary>
/// Reads a JSON file into flat keys, each with its line. A list or section also gets a key of its own, so that an empty one
/// counts as set.
/// </summary>
public static class JsonOptionFile
{
    public static IReadOnlyList<OptionValue> Read(byte[] json, string name, List<string> errors)
    {
        var values = new List<OptionValue>();
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject) errors.Add($"{name}:1: an object is expected");
            else ReadObject(ref reader, "", json, name, values, errors);
            reader.Read();
        }
        catch (JsonException e)
        {
            errors.Add($"{name}:{(e.LineNumber ?? 0) + 1}: {Sentence(e.Message)}");
        }
        return values;
    }

    private static void ReadObject(
        ref Utf8JsonReader reader, string path, byte[] json, string name, List<OptionValue> values, List<string> errors)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = reader.GetString()!;
            var key = path.Length == 0 ? member : path + ":" + member;
            if (!seen.Add(member)) errors.Add($"{Origin(reader, json, name)}: {key} is set twice");
            reader.Read();
            ReadValue(ref reader, key, json, name, values, errors);
        }
    }

    private static void ReadValue(
        ref Utf8JsonReader reader, string key, byte[] json, string name, List<OptionValue> values, List<string> errors)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                values.Add(new(key, "", Origin(reader, json, name)));
                ReadObject(ref reader, key, json, name, values, errors);
                break;
            case JsonTokenType.StartArray:
                values.Add(new(key, "", Origin(reader, json, name)));
                for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                    ReadValue(ref reader, key + ":" + i.ToString(CultureInfo.InvariantCulture), json, name, values, errors);
                break;
            case JsonTokenType.Null:
                values.Add(new(key, null, Origin(reader, json, name)));
                break;
            case JsonTokenType.String:
                values.Add(new(key, reader.GetString(), Origin(reader, json, name)));
                break;
            default:
                values.Add(new(key, Encoding.UTF8.GetString(reader.ValueSpan), Origin(reader, json, name)));
                break;
        }
    }

    private static string Origin(in Utf8JsonReader reader, byte[] json, string name) =>
        string.Create(
            CultureInfo.InvariantCulture, $"{name}:{1 + json.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n')}");

    // The reader's message ends with its own line and position.
    private static string Sentence(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
