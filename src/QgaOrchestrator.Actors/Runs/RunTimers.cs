using Akka.Actor;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>A run's waits: each ends with an input for its rules. Belongs to the <see cref="RunActor"/>.</summary>
internal sealed class RunTimers(TimeProvider time, ITimerScheduler timers)
{
    /// <summary>To the run's actor: a wait is over.</summary>
    public sealed record Elapsed(RunInput Input) : INoSerializationVerificationNeeded;

    /// <summary>Outcomes wait this long for company while other items are under way: long enough that a write serves
    /// several, short enough that their places do not stay empty.</summary>
    private static readonly TimeSpan BatchDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>Items under way are sent again this often: a message may be lost, and a host recognises a repeat.</summary>
    private static readonly TimeSpan RemindEvery = TimeSpan.FromSeconds(30);

    /// <summary>A timer reaches no further; then it is set again.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    public void Perform(RunEffect.Wait effect)
    {
        switch (effect)
        {
            case RunEffect.AwaitBatch:
                Start("gather", new RunInput.BatchDue(), BatchDelay);
                break;
            case RunEffect.RemindLater:
                Start("remind", new RunInput.Remind(), RemindEvery);
                break;
            case RunEffect.LookAt e:
                var after = e.At - time.GetUtcNow();
                Start(
                    "look",
                    new RunInput.Look(),
                    after < TimeSpan.Zero ? TimeSpan.Zero
                        : after > LongestTimer ? LongestTimer
                        : after
                );
                break;
        }
    }

    private void Start(string key, RunInput input, TimeSpan after) => timers.StartSingleTimer(key, new Elapsed(input), after);
}
