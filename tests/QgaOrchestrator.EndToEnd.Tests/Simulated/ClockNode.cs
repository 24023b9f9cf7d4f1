namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A node that sees, and so does its watchdog, a wall clock that a test steps.</summary>
public sealed class ClockNode : SimulatedNode
{
    private WallClock? _clock;

    /// <summary>Skips the test where there can be none; in CI it fails. It is right again for the test that asks.</summary>
    internal WallClock Clock
    {
        get
        {
            _clock ??= new WallClock(Path.Combine(Folder, "clock"));
            _clock.Step(TimeSpan.Zero);
            return _clock;
        }
    }

    protected override IReadOnlyDictionary<string, string>? Environment => Clock.Environment;
}
