using System.Text.Json;

namespace QgaOrchestrator.Node.Http.Requests;

/// <summary>
/// Checks the members of a request's JSON object: none may be given twice at any depth, and the outermost ones must be known.
/// Of two equal members one reader may take the first and another the second, so both are refused. Values are not read and not
/// reported: they may be secrets.
/// </summary>
public static class JsonMembers
{
    /// <summary>An object with more members is refused: all names are kept in memory to compare them.</summary>
    public const int Most = 10_000;

    private const int MostFaults = 20, LongestName = 80;

    /// <param name="json">UTF-8.</param>
    /// <param name="known">The outermost members that are known; null: any.</param>
    /// <returns>Each as "member: what is wrong with it"; null: the text is not a JSON object.</returns>
    public static IReadOnlyList<string>? Faults(ReadOnlySpan<byte> json, IReadOnlyList<string>? known)
    {
        var faults = new List<string>();
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            Object(ref reader, "", known, faults);
            return reader.Read() ? null : faults;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Object(ref Utf8JsonReader reader, string path, IReadOnlyList<string>? known, List<string> faults)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Name(ref reader);
            if (names.Count == Most) Add(faults, $"{path}*: more than {Most} members in one object");
            if (names.Count <= Most && !names.Add(name)) Add(faults, $"{path}{Shown(name)}: given twice; keep one");
            else if (known is not null && !known.Contains(name, StringComparer.Ordinal))
                Add(faults, $"{Shown(name)}: there is no such member; {Known(known)}");
            reader.Read();
            Value(ref reader, path, name, faults);
        }
    }

    private static void Value(ref Utf8JsonReader reader, string path, string name, List<string> faults)
    {
        if (reader.TokenType == JsonTokenType.StartObject) Object(ref reader, $"{path}{Shown(name)}.", null, faults);
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            for (var at = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; at++)
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                    Value(ref reader, path, $"{name}[{at}]", faults);
            }
        }
    }

    /// <summary>Half a surrogate pair is not text, but may be a member's name: its bytes stand for it.</summary>
    private static string Name(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Convert.ToHexString(reader.ValueSpan);
        }
    }

    private static string Known(IReadOnlyList<string> known) =>
        known.Count == 0 ? "this route takes none" : $"the members are {string.Join(", ", known)}";

    private static string Shown(string name) => PlainText.Of(name, LongestName);

    private static void Add(List<string> faults, string fault)
    {
        if (faults.Count < MostFaults) faults.Add(fault);
    }
}
