using System.Globalization;
using System.Text.Json;

namespace QgaOrchestrator.Core.Runs;

/// <summary>Reads options from JSON and collects every fault: unknown names, wrong types, values out of range.</summary>
public sealed class OptionReader
{
    private readonly Dictionary<string, JsonElement> _given = [];
    private readonly List<string> _errors = [];

    public OptionReader(JsonElement? options, IReadOnlyList<string> known)
    {
        if (options is not { } given || given.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined) return;
        if (given.ValueKind != JsonValueKind.Object)
        {
            _errors.Add("options: expected an object");
            return;
        }
        foreach (var property in given.EnumerateObject())
        {
            if (!known.Contains(property.Name)) _errors.Add($"{property.Name}: no such option; there are {string.Join(", ", known.Order())}");
            else if (property.Value.ValueKind != JsonValueKind.Null) _given[property.Name] = property.Value;
        }
    }

    public IReadOnlyList<string> Errors => _errors;

    public void Fail(string name, string expected) => _errors.Add($"{name}: {expected}");

    /// <summary>An option of the contract that this version does not have.</summary>
    public void NotAvailable(string name)
    {
        if (_given.TryGetValue(name, out var value) && value.ValueKind != JsonValueKind.False) Fail(name, "is not available in this version");
    }

    public string? Text(string name) => Get(name, v => v.ValueKind == JsonValueKind.String ? v.GetString() : null, "expected a string");

    public int? Count(string name, int least) =>
        Value<int>(name, v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var n) && n >= least ? n : null, $"expected a number, {least} or more");

    public long? Bytes(string name) =>
        Value<long>(name, v => v.ValueKind == JsonValueKind.Number && v.TryGetInt64(out var n) && n > 0 ? n : null, "expected a number of bytes, 1 or more");

    public Amount? Amount(string name) => Value<Amount>(name, ToAmount, "expected a number of VMs, or a percentage as in \"10%\"");

    private static Amount? ToAmount(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt32(out var n) && n >= 0 => new Amount(n, false),
        JsonValueKind.String => Runs.Amount.Parse(value.GetString()!),
        _ => null,
    };

    /// <summary>A list of amounts that rise.</summary>
    public IReadOnlyList<Amount>? Amounts(string name)
    {
        if (!_given.TryGetValue(name, out var given)) return null;
        if (given.ValueKind == JsonValueKind.Array && given.EnumerateArray().Select(ToAmount).ToList() is { Count: > 0 } amounts && amounts.TrueForAll(a => a is not null))
            return [.. amounts.Select(a => a!.Value)];
        Fail(name, $"expected a list of numbers of VMs or percentages, as in [5, \"10%\", \"50%\"], not {given.GetRawText()}");
        return null;
    }

    /// <summary>As in {"app": 2}.</summary>
    public IReadOnlyDictionary<string, int>? Counts(string name)
    {
        if (!_given.TryGetValue(name, out var given)) return null;
        if (given.ValueKind == JsonValueKind.Object && given.EnumerateObject().All(m => m.Value.ValueKind == JsonValueKind.Number && m.Value.TryGetInt32(out var n) && n >= 1))
            return given.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetInt32());
        Fail(name, $"expected numbers by label, 1 or more, as in {{\"app\": 2}}, not {given.GetRawText()}");
        return null;
    }

    public TimeSpan? Duration(string name) => Value<TimeSpan>(
        name,
        v => v.ValueKind == JsonValueKind.String && v.GetString() is { } text && text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var span) && span > TimeSpan.Zero ? span : null,
        "expected a duration hh:mm:ss, as in \"00:05:00\"");

    public bool Flag(string name, bool without = false) => Value<bool>(
        name, v => v.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }, "expected true or false") ?? without;

    /// <summary>A list of strings.</summary>
    public IReadOnlyList<string>? Texts(string name) => Get<IReadOnlyList<string>>(
        name,
        v => v.ValueKind == JsonValueKind.Array && v.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String)
            ? [.. v.EnumerateArray().Select(text => text.GetString()!)] : null,
        """expected a list of strings, as in ["-l", "/tmp"]""");

    /// <summary>An object, whatever is in it.</summary>
    public JsonElement? Json(string name) => Value<JsonElement>(name, v => v.ValueKind == JsonValueKind.Object ? v.Clone() : null, "expected an object");

    /// <summary>One of an enum's values, written in lower case.</summary>
    public T? OneOf<T>(string name) where T : struct, Enum => Value<T>(
        name,
        v => v.ValueKind == JsonValueKind.String && Enum.TryParse<T>(v.GetString(), true, out var value)
            && string.Equals(Enum.GetName(value)?.ToLowerInvariant(), v.GetString(), StringComparison.Ordinal) ? value : null,
        $"expected one of {string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant()))}");

    private T? Value<T>(string name, Func<JsonElement, T?> read, string expected) where T : struct
    {
        if (!_given.TryGetValue(name, out var given)) return null;
        if (read(given) is { } value) return value;
        Fail(name, $"{expected}, not {given.GetRawText()}");
        return null;
    }

    private T? Get<T>(string name, Func<JsonElement, T?> read, string expected) where T : class
    {
        if (!_given.TryGetValue(name, out var given)) return null;
        if (read(given) is { } value) return value;
        Fail(name, $"{expected}, not {given.GetRawText()}");
        return null;
    }
}
