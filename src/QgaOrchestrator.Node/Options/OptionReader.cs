using System.Globalization;

namespace QgaOrchestrator.Node.Options;

/// <summary>
/// Takes options out by name. What is wrong is collected, with the default in its place, so that one start shows every
/// error; what nobody has taken is unknown.
/// </summary>
public sealed class OptionReader
{
    private readonly Dictionary<string, OptionValue> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _errors;

    /// <param name="values">In rising precedence.</param>
    public OptionReader(IEnumerable<OptionValue> values, List<string> errors)
    {
        _errors = errors;
        foreach (var value in values) _values[value.Key] = value;
    }

    public string? TextOrNull(string key) => Take(key) is { Text.Length: > 0 } value ? value.Text : null;

    public string Text(string key, string fallback) => TextOrNull(key) ?? fallback;

    /// <summary>A value that <paramref name="parse"/> makes of the text, or null where it is <paramref name="expected"/> in
    /// vain.</summary>
    public T Parsed<T>(string key, T fallback, string expected, Func<string, T?> parse) where T : struct
    {
        if (Take(key) is not { Text.Length: > 0 } value) return fallback;
        if (parse(value.Text) is { } parsed) return parsed;
        Fail(value, $"\"{value.Text}\" is not {expected}");
        return fallback;
    }

    /// <summary>hh:mm:ss with up to three decimals.</summary>
    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan least, TimeSpan most) => Parsed(
        key, fallback, $"a duration hh:mm:ss[.fff] from {least:c} to {most:c}",
        text => Core.Duration.Within(text, least, most));

    /// <summary>Days, and a time of day: d.hh:mm:ss.</summary>
    public TimeSpan Days(string key, TimeSpan fallback, TimeSpan least, TimeSpan most) =>
        Parsed(key, fallback, $"a duration d.hh:mm:ss from {least:c} to {most:c}", text =>
            TimeSpan.TryParseExact(text, @"d\.hh\:mm\:ss", CultureInfo.InvariantCulture, out var time)
            && time >= least
            && time <= most
                ? time
                : null
        );

    public int Number(string key, int fallback, int least, int most) =>
        Parsed<int>(key, fallback, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"), text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : null
        );

    /// <summary>The numbered keys below this one, from 0; null where the key is not set at all.</summary>
    public IReadOnlyList<string>? List(string key)
    {
        var names = Names(key);
        if (names.Count == 0) return Take(key) is { Text: not null } ? [] : null;
        Take(key);
        var numbers = new List<int>();
        foreach (var name in names)
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) numbers.Add(number);
            else Fail(Below(key + ":" + name), $"{name} is not a place in a list");
        }
        return [.. numbers.Order().Select(n => string.Create(CultureInfo.InvariantCulture, $"{key}:{n}"))];
    }

    /// <summary>The names right below a key.</summary>
    public IReadOnlyList<string> Names(string key)
    {
        Take(key);
        return [.. _values.Keys
            .Where(k => k.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase))
            .Select(k => k[(key.Length + 1)..].Split(':')[0])
            .Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    public void Fail(string key, string why)
    {
        if (_values.TryGetValue(key, out var value)) Fail(value, why);
        else _errors.Add($"{key}: {why}");
    }

    /// <summary>Adds an error for each key that nobody took.</summary>
    public void RefuseUnknown(IEnumerable<string> sections)
    {
        foreach (var section in sections) Take(section);
        string[] known = [.. _taken];
        foreach (var value in _values.Values.Where(v => !_taken.Contains(v.Key)))
            Fail(
                value,
                "unknown option"
                    + (
                        Spelling.Nearest(value.Key, known) is { } meant
                            ? $"; did you mean {meant}?"
                            : "; config/node.json has all that there are"
                    )
            );
    }

    private OptionValue? Take(string key)
    {
        _taken.Add(key);
        return _values.GetValueOrDefault(key);
    }

    private OptionValue Below(string key) =>
        _values.Values.First(v => v.Key.StartsWith(key, StringComparison.OrdinalIgnoreCase));

    private void Fail(OptionValue value, string why)
    {
        for (var key = value.Key; key.Length > 0; key = key.LastIndexOf(':') is var colon and > 0 ? key[..colon] : "")
            _taken.Add(key);
        _errors.Add($"{value.Origin}: {value.Key}: {why}");
    }
}
