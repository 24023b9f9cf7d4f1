using System.Diagnostics.Metrics;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Node.Certificates;

namespace QgaOrchestrator.Node.Metrics;

/// <summary>What a node is asked for only when somebody scrapes it: the state of VMs, hosts, checks, disks,
/// certificates.</summary>
internal sealed class NodeGauges : IDisposable
{
    /// <summary>Who does not answer by then is left out: a scrape ends after 10 s.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private sealed record Seen(
        IReadOnlyList<VmStatus>? Vms, IReadOnlyList<HostStatus>? Hosts, IReadOnlyDictionary<string, string>? Checks,
        long? Uncopied);

    private readonly SemaphoreSlim _alone = new(1);
    private readonly IServiceProvider _services;
    private readonly MetricsListener _listener;
    private readonly QgadOptions _options;
    private readonly TimeProvider _time;
    private Seen _seen = new(null, null, null, null);

    public NodeGauges(
        NodeMetrics metrics, MetricsListener listener, QgadOptions options, TimeProvider time, IServiceProvider services)
    {
        (_services, _listener, _options, _time) = (services, listener, options, time);
        var meter = metrics.Meter;
        meter.CreateObservableGauge("qga.node.info", Info, "1", "1, with the version of the node.");
        meter.CreateObservableGauge(
            "qga.node.ready", Ready, "1", "1 where a part of /readyz is ok: cluster, store, discovery, certificate.");
        meter.CreateObservableGauge("qga.vms", Vms, "{vm}", "VMs of this host, by the state of their agent.");
        meter.CreateObservableGauge("qga.guests.frozen", Frozen, "{guest}", "Guests of this host that are frozen now.");
        meter.CreateObservableGauge(
            "qga.guest.frozen.longest", Longest, "s", "For how long the guest is frozen that is frozen longest; 0: none is.");
        meter.CreateObservableGauge("qga.cluster.hosts", Hosts, "{host}", "Hosts of the cluster as this node sees them.");
        meter.CreateObservableGauge(
            "qga.cluster.clock.offset", Clock, "s", "The largest difference of another host's clock from this one's.");
        meter.CreateObservableGauge(
            "qga.audit.backlog", Backlog, "{entry}", "Entries of the audit log that wait to be written here, or to be copied.");
        meter.CreateObservableGauge("qga.certificate.remaining", Certificates, "s", "Until the certificate expires.");
        meter.CreateObservableGauge(
            "qga.filesystem.free", Free, "By", "Room for the node's user where its data, and its ledger, are.");
    }

    /// <summary>Looks at everything, then writes all metrics.</summary>
    public async Task<string> WriteAsync(CancellationToken cancel)
    {
        await _alone.WaitAsync(cancel);
        try
        {
            var orchestrator = _services.GetRequiredService<IOrchestrator>();
            var started = _services.GetRequiredService<NodeState>().IsStarted;
            var vms = Soon(started, orchestrator.ListVmsAsync, cancel);
            var hosts = Soon(started, orchestrator.ListHostsAsync, cancel);
            var checks = Soon(true, _services.GetRequiredService<NodeReadiness>().CheckAsync, cancel);
            var uncopied = Soon(
                true, async _ => (object?)await _services.GetRequiredService<NodeStores>().AuditBacklogAsync(), cancel);
            _seen = new(await vms, await hosts, await checks, (long?)await uncopied);
            return _listener.Write();
        }
        finally
        {
            _alone.Release();
        }
    }

    public void Dispose() => _alone.Dispose();

    /// <returns>Null where it does not answer in time, or cannot: the rest is told all the same.</returns>
    private async Task<T?> Soon<T>(bool may, Func<CancellationToken, Task<T>> ask, CancellationToken cancel) where T : class?
    {
        if (!may) return null;
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            return await ask(stop.Token).WaitAsync(Patience, _time, cancel);
        }
        catch (Exception e) when (e is TimeoutException or StoreException
            || e is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private static IEnumerable<Measurement<long>> Info() => [new(1, Label("version", NodeVersion.Text))];

    private IEnumerable<Measurement<long>> Ready() => (_seen.Checks ?? new Dictionary<string, string>())
        .Select(check => new Measurement<long>(NodeReadiness.IsOk(check.Value) ? 1 : 0, Label("part", check.Key)));

    private IEnumerable<VmStatus> Own => (_seen.Vms ?? []).Where(vm => vm.Id.Host == _options.Node.Host);

    private IEnumerable<Measurement<long>> Vms()
    {
        if (_seen.Vms is null) return [];
        var states = Own.ToLookup(vm => vm.Agent);
        return Enum.GetValues<AgentState>().Where(state => state != AgentState.Unreachable)
            .Select(state => new Measurement<long>(states[state].Count(), Label("state", Lower(state))));
    }

    private IEnumerable<Measurement<long>> Frozen() => _seen.Vms is null ? [] : [new(Own.Count(vm => vm.Frozen))];

    private IEnumerable<Measurement<double>> Longest()
    {
        if (_seen.Vms is null) return [];
        var now = _time.GetUtcNow();
        return [new(Own.Where(vm => vm.Frozen).Max(vm => (double?)(now - (vm.FrozenSince ?? now)).TotalSeconds) ?? 0)];
    }

    private IEnumerable<Measurement<long>> Hosts()
    {
        if (_seen.Hosts is null) return [];
        var states = _seen.Hosts.ToLookup(host => host.State);
        return Enum.GetValues<HostState>()
            .Select(state => new Measurement<long>(states[state].Count(), Label("state", Lower(state))));
    }

    private IEnumerable<Measurement<double>> Clock() => _seen.Hosts is null
        ? []
        : [new(_seen.Hosts.Max(host => host.Clock?.Duration().TotalSeconds) ?? 0)];

    private IEnumerable<Measurement<long>> Backlog()
    {
        yield return new(_services.GetRequiredService<AuditKeeper>().Waiting, Label("of", "written"));
        if (_seen.Uncopied is { } uncopied) yield return new(uncopied, Label("of", "copied"));
    }

    private IEnumerable<Measurement<double>> Certificates()
    {
        if (_services.GetService<PeerTrust>() is { } trust) yield return new(Left(trust.Own.NotAfter), Label("of", "node"));
        if (_services.GetService<ApiCertificate>() is { } api)
            yield return new(Left(api.Context.TargetCertificate.NotAfter), Label("of", "api"));
    }

    private double Left(DateTime end) => (end.ToUniversalTime() - _time.GetUtcNow().UtcDateTime).TotalSeconds;

    private List<Measurement<long>> Free()
    {
        var free = new List<Measurement<long>>();
        foreach (var (name, path) in new[] { ("data", _options.Node.DataDirectory), ("ledger", _options.Freeze.Ledger) })
            try
            {
                free.Add(new(new DriveInfo(path).AvailableFreeSpace, Label("of", name)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It cannot be looked at: readyz and the log say so.
            }
        return free;
    }

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    private static string Lower<T>(T state) where T : struct, Enum => state.ToString().ToLowerInvariant();
}
