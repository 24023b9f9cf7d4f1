using System.Diagnostics.Metrics;
using QgaOrchestrator.Actors.Metrics;

namespace QgaOrchestrator.Node.Metrics;

/// <summary>
/// Adds up what the node's meter measures, from the start on, and writes it as Prometheus reads it. Of the runtime's own meter it
/// takes what is computed when it is asked, so a node that nobody scrapes pays for its own counters only.
/// </summary>
public sealed class MetricsListener : IDisposable
{
    private const string RuntimeMeter = "System.Runtime";

    private static readonly HashSet<string> OfRuntime = ["dotnet.process.memory.working_set", "dotnet.process.cpu.time"];

    private readonly Lock _writing = new();
    private readonly MeterListener _listener = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);

    public MetricsListener(NodeMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter != metrics.Meter
                && !(instrument.Meter.Name == RuntimeMeter && OfRuntime.Contains(instrument.Name)))
                return;
            var family = new MetricFamily(instrument);
            lock (_writing) _families[family.Name] = family;
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<long>(
            static (_, value, labels, family) => ((MetricFamily)family!).Add(value, labels));
        _listener.SetMeasurementEventCallback<int>(
            static (_, value, labels, family) => ((MetricFamily)family!).Add(value, labels));
        _listener.SetMeasurementEventCallback<double>(
            static (_, value, labels, family) => ((MetricFamily)family!).Add(value, labels));
        _listener.Start();
    }

    /// <summary>Asks for what is computed now, then writes all families by name, in Prometheus' text format 0.0.4.</summary>
    public string Write()
    {
        lock (_writing)
        {
            foreach (var family in _families.Values) family.ForgetObserved();
            _listener.RecordObservableInstruments();
            var text = new System.Text.StringBuilder();
            foreach (var family in _families.Values) family.Write(text);
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();
}
