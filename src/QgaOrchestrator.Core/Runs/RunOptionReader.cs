using System.Text.Json;

namespace QgaOrchestrator.Core.Runs;

/// <summary>Reads options from JSON and collects every fault: unknown names, wrong types, values out of range.</summary>
public sealed class RunOptionReader
{
    /// <summary>More VMs than this are in no fleet that one run takes.</summary>
    public const int MostVms = 100_000;

    private const int MostEntries = 100, LongestText = 4096, LongestShown = 100;

    private readonly Dictionary<string, JsonElement> _given = [];
    private readonly HashSet<string> _nulls = [];
    private readonly IReadOnlyList<OptionInfo> _known;
    private readonly List<string> _errors = [];

    /// <param name="options">As POST has them.</param>
    /// <param name="known">All options that there are.</param>
    public RunOptionReader(JsonElement? options, IReadOnlyList<OptionInfo> known)
    {
        _known = known;
        if (options is not { } given || given.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined) return;
        if (given.ValueKind != JsonValueKind.Object)
        {
            _errors.Add("options: expected an object");
            return;
        }
        foreach (var property in given.EnumerateObject())
        {
            if (known.All(option => option.Name != property.Name))
                _errors.Add(
                    $"{property.Name}: no such option; there are {string.Join(", ", known.Select(option => option.Name).Order())}"
                );
            else if (property.Value.ValueKind == JsonValueKind.Null)
                _nulls.Add(property.Name);
            else
                _given[property.Name] = property.Value;
        }
    }

    public IReadOnlyList<string> Errors => _errors;

    /// <summary>It was given, as null: where that is another wish than none.</summary>
    public bool IsNull(string name) => _nulls.Contains(name);

    /// <summary>A value that is wrong, or goes with no other that was given.</summary>
    public void Fail(string name, string expected) => Fail($"{name}: {expected}");

    public void Fail(string fault) => _errors.Add(fault);

    public string? Text(string name) => Get(
        name, v => v.ValueKind == JsonValueKind.String && IsText(v.GetString()!) ? v.GetString() : null,
        $"expected a string without NUL, at most {LongestText} characters");

    /// <summary>A number of VMs from 1 to <see cref="MostVms"/>.</summary>
    public int? Count(string name) => Value<int>(name, ToCount, $"expected a whole number from 1 to {MostVms}");

    public long? Bytes(string name, long most) => Value<long>(
        name, v => v.ValueKind == JsonValueKind.Number && v.TryGetInt64(out var n) && n > 0 && n <= most ? n : null,
        $"expected a number of bytes from 1 to {most}");

    /// <summary>A number of VMs or a percentage.</summary>
    /// <param name="name">The option.</param>
    /// <param name="least">0 or 1: none of them, or some.</param>
    public CountOrPercent? CountOrPercent(string name, int least = 0) =>
        Value<CountOrPercent>(
            name,
            v => ToCountOrPercent(v, least),
            $"expected a number of VMs from {least} to {MostVms}, or a percentage from {least}% to 100%, as in \"10%\""
        );

    private static int? ToCount(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var n) && n is >= 1 and <= MostVms ? n : null;

    private static CountOrPercent? ToCountOrPercent(JsonElement value, int least)
    {
        CountOrPercent? amount = value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetInt32(out var n) => new CountOrPercent(n, false),
            JsonValueKind.String => Runs.CountOrPercent.Parse(value.GetString()!),
            _ => null,
        };
        return amount is { } read && read.Value >= least && read.Value <= MostVms ? read : null;
    }

    private static bool IsText(string text) => text.Length <= LongestText && !text.Contains('\0', StringComparison.Ordinal);

    /// <summary>A list of amounts that rise.</summary>
    public IReadOnlyList<CountOrPercent>? CountsOrPercents(string name)
    {
        if (!_given.TryGetValue(name, out var given))
            return null;
        if (
            given.ValueKind == JsonValueKind.Array
            && given.GetArrayLength() is >= 1 and <= MostEntries
            && given.EnumerateArray().Select(amount => ToCountOrPercent(amount, 1)).ToList() is var amounts
            && amounts.TrueForAll(a => a is not null)
        )
            return [.. amounts.Select(a => a!.Value)];
        FailNot(
            name,
            $"expected a list of 1 to {MostEntries} numbers of VMs (1 to {MostVms}) or percentages (1% to 100%), as in [5, "
                + $"\"10%\", \"50%\"]",
            given
        );
        return null;
    }

    /// <summary>As in {"app": 2}.</summary>
    public IReadOnlyDictionary<string, int>? Counts(string name)
    {
        if (!_given.TryGetValue(name, out var given))
            return null;
        if (
            given.ValueKind == JsonValueKind.Object
            && given.EnumerateObject().DistinctBy(m => m.Name).ToList() is var limits
            && limits.Count == given.GetPropertyCount()
            && limits.Count <= MostEntries
            && limits.TrueForAll(m => IsText(m.Name) && ToCount(m.Value) is not null)
        )
            return limits.ToDictionary(m => m.Name, m => m.Value.GetInt32());
        FailNot(
            name,
            $"expected at most {MostEntries} labels, each once, with a whole number from 1 to {MostVms}, as in {{\"app\": 2}}",
            given
        );
        return null;
    }

    public TimeSpan? Duration(string name, TimeSpan least, TimeSpan most) => Value<TimeSpan>(
        name, v => v.ValueKind == JsonValueKind.String ? Core.Duration.Within(v.GetString(), least, most) : null,
        $"expected a duration hh:mm:ss from {least:c} to {most:c}, as in \"00:05:00\"");

    public bool Flag(string name, bool without = false) => FlagOrNull(name) ?? without;

    public bool? FlagOrNull(string name) =>
        Value<bool>(
            name,
            v =>
                v.ValueKind switch
                {
                    JsonValueKind.True => true,
                    JsonValueKind.False => false,
                    _ => null,
                },
            "expected true or false"
        );

    public int? Number(string name, int least, int most) => Value<int>(
        name,
        v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var n) && n >= least && n <= most ? n : null,
        $"expected a whole number from {least} to {most}");

    /// <summary>A list of strings.</summary>
    public IReadOnlyList<string>? Texts(string name) => Get<IReadOnlyList<string>>(
        name,
        v => v.ValueKind == JsonValueKind.Array
            && v.EnumerateArray().All(
                text => text.ValueKind == JsonValueKind.String && !text.GetString()!.Contains('\0', StringComparison.Ordinal))
            ? [.. v.EnumerateArray().Select(text => text.GetString()!)] : null,
        """expected a list of strings without NUL, as in ["-l", "/tmp"]""");

    /// <summary>An object, whatever is in it.</summary>
    public JsonElement? Json(string name) =>
        Value<JsonElement>(name, v => v.ValueKind == JsonValueKind.Object ? v.Clone() : null, "expected an object");

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
        FailNot(name, expected, given);
        return null;
    }

    private T? Get<T>(string name, Func<JsonElement, T?> read, string expected) where T : class
    {
        if (!_given.TryGetValue(name, out var given)) return null;
        if (read(given) is { } value) return value;
        FailNot(name, expected, given);
        return null;
    }

    /// <summary>What was given is shown, but not all of a long one, and nothing of a secret.</summary>
    private void FailNot(string name, string expected, JsonElement given)
    {
        var raw = given.GetRawText();
        Fail(
            name,
            _known.Any(option => option.Name == name && option.IsSecret)
                ? $"{expected}; what was given is not shown"
                : $"{expected}, not {(raw.Length > LongestShown ? raw[..LongestShown] + "…" : raw)}"
        );
    }
}
