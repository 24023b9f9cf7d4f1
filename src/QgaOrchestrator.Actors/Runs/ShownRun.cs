using Akka.Actor;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>
/// How a run is shown to others: as it is journalled, with the progress that its hosts tell meanwhile; at once to whoever asks,
/// and at each change to its watchers. Belongs to the <see cref="RunActor"/>.
/// </summary>
internal sealed class ShownRun(IActorContext context, ITimerScheduler timers)
{
    /// <summary>To the run's actor: the watchers are due to be told.</summary>
    public sealed record TellDue : INoSerializationVerificationNeeded;

    /// <summary>In ms: watchers are told of changes this often. All items are shown each time, so those of a large run less
    /// often, and watching costs little whatever its size.</summary>
    private const int Soonest = 250, Latest = 2_000, ItemsInMs = 5;

    private const string Timer = "show";

    private readonly Dictionary<int, ItemProgress> _progress = [];
    private readonly HashSet<IActorRef> _watchers = [];

    /// <summary>As it is stored.</summary>
    public RunView View(RunState run) =>
        new(RunSummary.Of(run), [.. run.Items.Select(RunItemView.Of)], [.. _progress.Values]);

    /// <summary>The same, and what items wait for.</summary>
    public RunView View(RunState run, AwayHosts away)
    {
        var view = View(run);
        if (RunDispatch.WhyWaits(run, away) is not { } waits) return view;
        return view with
        {
            Summary = view.Summary with { Waits = waits },
            Items =
            [
                .. view.Items.Select((item, i) => item.State == ItemState.Pending
                    ? item with { Note = RunDispatch.WhyWaits(run, run.Items[i], away) }
                    : item),
            ],
        };
    }

    public void Watch(RunState run, AwayHosts away, IActorRef watcher)
    {
        watcher.Tell(View(run, away));
        if (!run.IsEnded && _watchers.Add(watcher)) context.Watch(watcher);
    }

    public void Forget(IActorRef watcher) => _watchers.Remove(watcher);

    /// <summary>Of an attempt that is under way.</summary>
    public void Learn(RunState run, ItemProgress progress)
    {
        _progress[progress.Index] = progress;
        TellLater(run);
    }

    /// <summary>These attempts make no more progress.</summary>
    public void Forget(IReadOnlyList<ItemOutcome> settled)
    {
        foreach (var outcome in settled) _progress.Remove(outcome.Item);
    }

    public void TellLater(RunState run)
    {
        if (timers.IsTimerActive(Timer)) return;
        var after = Math.Clamp(run.Items.Count / ItemsInMs, Soonest, Latest);
        timers.StartSingleTimer(Timer, new TellDue(), TimeSpan.FromMilliseconds(after));
    }

    public void Tell(RunState run, AwayHosts away)
    {
        timers.Cancel(Timer);
        if (_watchers.Count == 0) return;
        var view = View(run, away);
        foreach (var watcher in _watchers) watcher.Tell(view);
    }
}
