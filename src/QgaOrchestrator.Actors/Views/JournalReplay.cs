using Akka.Actor;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Points;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Views;

/// <summary>
/// Builds the views again: each run from its events, and each point that a run names from its point.json, where that still
/// exists.
/// </summary>
public sealed class JournalReplay(ActorSystem system, RunKinds kinds)
{
    private readonly SqlReadJournal _journal =
        PersistenceQuery.Get(system).ReadJournalFor<SqlReadJournal>("akka.persistence.query.journal.sql");

    private readonly ActorMaterializer _materializer = system.Materializer();

    /// <exception cref="InvalidDataException">A run's events cannot be read; it names the run.</exception>
    public async Task ReplayAsync(IViews views)
    {
        var ids = await _journal.CurrentPersistenceIds().RunWith(Sink.Seq<string>(), _materializer);
        foreach (var id in ids) await ReplayAsync(id, views);
    }

    private async Task ReplayAsync(string persistenceId, IViews views)
    {
        try
        {
            var events = await _journal
                .CurrentEventsByPersistenceId(persistenceId, 0, long.MaxValue)
                .Select(envelope => envelope.Event)
                .RunWith(Sink.Seq<object>(), _materializer);
            // The journal also holds sharding's events, and runs without their start: a crash interrupted their removal.
            if (events.OfType<RunEvent>().ToArray() is not [RunEvent.RunStarted, ..] run) return;
            await SaveAsync(run.Aggregate((RunState?)null, RunRules.Evolve)!, views);
            await SavePointsAsync(run, views);
        }
        catch (Exception e) when (e is not IOException)
        {
            throw new InvalidDataException($"{persistenceId}: {e.Message}", e);
        }
    }

    private static Task SaveAsync(RunState state, IViews views)
    {
        var summary = RunSummary.Of(state);
        return state.IsEnded
            ? views.SaveEndedRunAsync(summary, [.. state.Items.Select(RunItemView.Of)])
            : views.SaveRunAsync(summary);
    }

    private async Task SavePointsAsync(IEnumerable<RunEvent> run, IViews views)
    {
        if (kinds.Find(run.OfType<RunEvent.RunStarted>().First().Kind) is not { } kind) return;
        foreach (var settled in run.OfType<RunEvent.ItemsSettled>())
            foreach (var made in settled.Outcomes.Select(outcome => kind.PointOf(outcome.Values)).OfType<PointMade>())
            {
                if (PointFiles.Read(made.Directory) is { } point) await views.SavePointAsync(point, settled.At);
            }
    }
}
