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

    public Amount? Amount(string name) => Value<Amount>(
        name,
        v => v.ValueKind switch
        {
            JsonValueKind.Number when v.TryGetInt32(out var n) && n >= 0 => new Amount(n, false),
            JsonValueKind.String => Runs.Amount.Parse(v.GetString()!),
            _ => null,
        },
        "expected a number of VMs, or a percentage as in \"10%\"");

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
