using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>What a VM's actors measure of real windows and commands.</summary>
public class MeasuredVmTests : OneHost
{
    private readonly ConcurrentBag<(string Instrument, string Label, double Value)> _seen = [];

    [Fact]
    public async Task A_window_is_counted_when_it_closes_with_its_frozen_time_and_who_thawed()
    {
        using var listener = Listen();
        await StartAsync();
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-ping"));
        Assert.IsType<CallReply.Returned>(await CallAsync("guest-fsfreeze-freeze"));
        Assert.DoesNotContain(_seen, one => one.Instrument == "qga.windows");

        Assert.IsType<CallReply.Returned>(await CallAsync("guest-fsfreeze-thaw"));

        Assert.Equal(("qga.windows", "broken", 1d), Assert.Single(_seen, one => one.Instrument == "qga.windows"));
        Assert.Equal(("qga.thaws", "operator", 1d), Assert.Single(_seen, one => one.Instrument == "qga.thaws"));
        Assert.True(Assert.Single(_seen, one => one.Instrument == "qga.window.frozen.duration").Value > 0);
        Assert.Contains(_seen, one => one is { Instrument: "qga.agent.command.duration", Label: "returned" });
    }

    [Fact]
    public async Task A_backups_window_that_holds_is_counted_as_held_and_thawed_by_the_node()
    {
        using var listener = Listen();
        await StartAsync();

        Run(Item());

        Assert.Equal("held", Assert.Single(_seen, one => one.Instrument == "qga.windows").Label);
        Assert.Equal("node", Assert.Single(_seen, one => one.Instrument == "qga.thaws").Label);
    }

    private MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter == Metrics.Meter) listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((of, value, labels, _) => See(of, value, labels));
        listener.SetMeasurementEventCallback<double>((of, value, labels, _) => See(of, value, labels));
        listener.Start();
        return listener;

        void See(Instrument of, double value, ReadOnlySpan<KeyValuePair<string, object?>> labels) =>
            _seen.Add((of.Name, labels.Length == 0 ? "" : (string)labels[0].Value!, value));
    }
}
