using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Node.Access;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// A run's events out of its successive views: what changed from one to the next. An event's id is the journalled time of
/// the change (Unix milliseconds), the same before and after a restart of the node, so Last-Event-ID goes on anywhere;
/// changes of that same millisecond come again, which changes nothing for a reader.
/// </summary>
public sealed class RunEventStream(long since, RunKinds kinds, Role role, TimeProvider time)
{
    private readonly Dictionary<int, RunItemView> _sent = [];
    private readonly CopyRate _rate = new();
    private RunSummary? _run;
    private IReadOnlyList<ItemProgress> _progress = [];

    /// <summary>What to send for this view; the last event of an ended run is the run itself.</summary>
    public IEnumerable<SseItem<string>> Next(RunView view)
    {
        var ended = view.Summary.EndedAt is not null;
        if (!ended && _run is null) yield return Run(view.Summary, id: null);
        var latest = since;
        foreach (var (item, at) in Changed(view))
        {
            latest = at;
            var where = view.Progress.FirstOrDefault(progress => progress.Index == item.Index);
            yield return new(
                JsonSerializer.Serialize(item.ToApi(where, kinds.Find(view.Summary.Kind), role), ApiJson.Default.ItemStatus),
                RunEventTypes.Item
            )
            { EventId = Id(at) };
        }
        if (!ended && Progress(view) is { } progress) yield return progress;
        if (ended || (_run is not null && _run != view.Summary)) yield return Run(view.Summary, Id(latest));
        since = latest;
        _run = view.Summary;
    }

    // In the order of the journal, so that whoever has an id has everything before it.
    private List<(RunItemView Item, long At)> Changed(RunView view)
    {
        var changed = new List<(RunItemView, long At)>();
        foreach (var item in view.Items)
        {
            if (_sent.GetValueOrDefault(item.Index) == item) continue;
            if (ChangedAt(item, view.Summary) is { } at && (at >= since || _run is not null)) changed.Add((item, at));
            _sent[item.Index] = item;
        }
        changed.Sort((a, b) => a.At.CompareTo(b.At));
        return changed;
    }

    private static long? ChangedAt(RunItemView item, RunSummary run) =>
        (item.State == ItemState.Cancelled ? run.EndedAt : item.SettledAt ?? item.DispatchedAt)?.ToUnixTimeMilliseconds();

    private SseItem<string>? Progress(RunView view)
    {
        if (view.Progress.Count == 0 && _progress.Count == 0) return null;
        _progress = view.Progress;
        var now = time.GetUtcNow();
        var items = view.Progress.Where(p => p.Index < view.Items.Count).Select(p => Item(p, view.Items[p.Index], now)).ToArray();
        var (copied, total) = (items.Sum(i => i.Copied), items.Sum(i => i.Total));
        var rate = _rate.Observe(view.Progress, now);
        var progress = new RunProgress(now, items, copied, total, (long)rate)
        {
            SecondsLeft = CopyRate.SecondsLeft(rate, copied, total, items.Length, view.Summary.Counts.Pending),
        };
        return new(JsonSerializer.Serialize(progress, ApiJson.Default.RunProgress), RunEventTypes.Progress);
    }

    private static VmProgress Item(ItemProgress progress, RunItemView item, DateTimeOffset now) => new(
        item.Vm.Name, progress.Index, progress.Step,
        progress.FrozenSince is { } since ? Math.Max(0, (long)(now - since).TotalMilliseconds) : null,
        progress.Done, progress.Total)
    {
        Host = item.Vm.Host,
        Note = progress.Note,
    };

    private SseItem<string> Run(RunSummary run, string? id) =>
        new(JsonSerializer.Serialize(run.ToApi(kinds, role), ApiJson.Default.Run), RunEventTypes.Run) { EventId = id };

    private static string Id(long at) => at.ToString(CultureInfo.InvariantCulture);
}
