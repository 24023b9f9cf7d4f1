using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace QgaOrchestrator.Node.Metrics;

/// <summary>One instrument, by the rules that OpenTelemetry gives for Prometheus: dots become underscores, the unit stands at the
/// end of the name, and then _total where it counts.</summary>
internal sealed class MetricFamily
{
    private sealed class Series(int buckets)
    {
        public double Sum;
        public readonly long[] Counts = new long[buckets];
    }

    private readonly Lock _adding = new();
    private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<double>? _bounds;
    private readonly string _type, _help;
    private readonly bool _observed;

    public MetricFamily(Instrument instrument)
    {
        _bounds = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries;
        _observed = instrument.IsObservable;
        var type = instrument.GetType().GetGenericTypeDefinition();
        var counts = type == typeof(Counter<>) || type == typeof(ObservableCounter<>);
        _type = _bounds is not null ? "histogram" : counts ? "counter" : "gauge";
        _help = instrument.Description ?? "";
        Name = Plain(instrument.Name) + Unit(instrument.Unit) + (counts ? "_total" : "");
    }

    public string Name { get; }

    /// <summary>What is computed when it is asked is whole each time: a label that is gone is not written again.</summary>
    public void ForgetObserved()
    {
        if (!_observed) return;
        lock (_adding) _series.Clear();
    }

    public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var key = Labels(labels);
        lock (_adding)
        {
            if (!_series.TryGetValue(key, out var series))
                _series[key] = series = new((_bounds?.Count ?? 0) + 1);
            series.Sum = _type == "gauge" || _observed ? value : series.Sum + value;
            if (_bounds is null) return;
            var at = 0;
            while (at < _bounds.Count && value > _bounds[at]) at++;
            series.Counts[at]++;
        }
    }

    public void Write(StringBuilder to)
    {
        lock (_adding)
        {
            to.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {Escaped(_help, quoted: false)}\n# TYPE {Name} {_type}\n");
            foreach (var (labels, series) in _series)
                if (_bounds is null) Line(to, "", labels, series.Sum);
                else WriteBuckets(to, labels, series);
        }
    }

    private void WriteBuckets(StringBuilder to, string labels, Series series)
    {
        var (prefix, below) = (labels.Length == 0 ? "" : labels + ",", 0L);
        for (var at = 0; at < series.Counts.Length; at++)
        {
            below += series.Counts[at];
            Line(to, "_bucket", $"{prefix}le=\"{(at < _bounds!.Count ? Text(_bounds[at]) : "+Inf")}\"", below);
        }
        Line(to, "_sum", labels, series.Sum);
        Line(to, "_count", labels, below);
    }

    private void Line(StringBuilder to, string suffix, string labels, double value)
    {
        to.Append(Name).Append(suffix);
        if (labels.Length > 0) to.Append('{').Append(labels).Append('}');
        to.Append(' ').Append(Text(value)).Append('\n');
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        if (labels.Length == 0) return "";
        var text = new StringBuilder();
        foreach (var (name, value) in labels)
            text.Append(text.Length > 0 ? "," : "").Append(Plain(name)).Append("=\"")
                .Append(Escaped(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", quoted: true)).Append('"');
        return text.ToString();
    }

    private static string Plain(string name) => name.Replace('.', '_');

    private static string Unit(string? unit) => unit switch
    {
        "s" => "_seconds",
        "By" => "_bytes",
        _ => "",
    };

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escaped(string text, bool quoted)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quoted ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
