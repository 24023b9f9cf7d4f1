using Akka.Actor;
using Akka.Persistence;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>Writes a run's events to the journal of a system.</summary>
internal static class RunRecorder
{
    public static async Task RecordAsync(TestSystem system, string run, RunEvent[] events)
    {
        var recorder = system.System.ActorOf(Props.Create(() => new Recorder($"run-{run}")));
        await recorder.Ask<string>(events, TimeSpan.FromSeconds(60));
        system.System.Stop(recorder);
    }

    /// <summary>Events that make a run long.</summary>
    public static IEnumerable<RunEvent> Pauses(int count, DateTimeOffset at) => Enumerable.Range(0, count / 2).SelectMany(
        _ => new RunEvent[] { new RunEvent.RunPaused(at) { By = new string('x', 100) }, new RunEvent.RunResumed(at) });

    private sealed class Recorder : ReceivePersistentActor
    {
        public Recorder(string id)
        {
            PersistenceId = id;
            Command<RunEvent[]>(events =>
            {
                var left = events.Length;
                PersistAll(events, _ =>
                {
                    if (--left == 0) Sender.Tell("done");
                });
            });
        }

        public override string PersistenceId { get; }
    }
}
