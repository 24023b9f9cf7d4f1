using System.Globalization;

namespace QgaOrchestrator.Node.Options;

/// <summary>
/// Reads options by name. An error is collected and the default takes its place, so that one start shows every error. A key
/// that nothing has read is unknown.
/// </summary>
public sealed class OptionReader
{
    private readonly Dictionary<string, OptionValue> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _read = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _errors;

    /// <param name="values">In rising precedence.</param>
    public OptionReader(IEnumerable<OptionValue> values, List<string> errors)
    {
        _errors = errors;
        foreach (var value in values) _values[value.Key] = value;
    }

    public string? TextOrNull(string key) => Use(key) is { Text.Length: > 0 } value ? value.Text : null;

    public string Text(string key, string fallback) => TextOrNull(key) ?? fallback;

    /// <summary>The text as <paramref name="parse"/> reads it; where that gives null, an error that names what was
    /// <paramref name="expected"/>.</summary>
    public T Parsed<T>(string key, T fallback, string expected, Func<string, T?> parse) where T : struct
    {
        if (Use(key) is not { Text.Length: > 0 } value) return fallback;
        if (parse(value.Text) is { } parsed) return parsed;
        Fail(value, $"\"{value.Text}\" is not {expected}");
        return fallback;
    }

    /// <summary>hh:mm:ss with up to three decimals.</summary>
    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan least, TimeSpan most) => Parsed(
        key, fallback, $"a duration hh:mm:ss[.fff] from {least:c} to {most:c}",
        text => Core.Duration.Within(text, least, most));

    /// <summary>Days and a time: d.hh:mm:ss.</summary>
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
        if (names.Count == 0) return Use(key) is { Text: not null } ? [] : null;
        Use(key);
        var numbers = new List<int>();
        foreach (var name in names)
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) numbers.Add(number);
            else Fail(Below(key + ":" + name), $"{name} is not an index of a list");
        }
        return [.. numbers.Order().Select(n => string.Create(CultureInfo.InvariantCulture, $"{key}:{n}"))];
    }

    /// <summary>The texts of a list; empty where it is not set.</summary>
    public IReadOnlyList<string> Texts(string key) => [.. (List(key) ?? []).Select(k => Text(k, ""))];

    /// <summary>The names right below a key.</summary>
    public IReadOnlyList<string> Names(string key)
    {
        Use(key);
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

    /// <summary>Adds an error for each key that was not read.</summary>
    public void RefuseUnknown(IEnumerable<string> sections)
    {
        foreach (var section in sections) Use(section);
        string[] known = [.. _read];
        foreach (var value in _values.Values.Where(v => !_read.Contains(v.Key)))
            Fail(
                value,
                "unknown option"
                    + (
                        Spelling.Nearest(value.Key, known) is { } meant
                            ? $"; did you mean {meant}?"
                            : "; config/node.json has all options"
                    )
            );
    }

    private OptionValue? Use(string key)
    {
        _read.Add(key);
        return _values.GetValueOrDefault(key);
    }

    private OptionValue Below(string key) =>
        _values.Values.First(v => v.Key.StartsWith(key, StringComparison.OrdinalIgnoreCase));

    private void Fail(OptionValue value, string why)
    {
        for (var key = value.Key; key.Length > 0; key = key.LastIndexOf(':') is var colon and > 0 ? key[..colon] : "")
            _read.Add(key);
        _errors.Add($"{value.Origin}: {value.Key}: {why}");
    }
}
