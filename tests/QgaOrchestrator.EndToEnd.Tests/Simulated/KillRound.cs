using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Which process is hit, and by what.</summary>
internal enum Hit { NodeKilled, NodeStopped, WatchdogKilled, WatchdogStopped, BothKilled }

/// <summary>Where in the windows and copies of the fleet it happens.</summary>
internal enum Stage { BeforeTheFreeze, Frozen, CutMade, SlowCutUnderWay, Copying, AfterTheCopy }

/// <summary>One round of kills: drawn from the seed, so that it can be repeated.</summary>
/// <param name="Nth">Of the stage's facts, from 1.</param>
/// <param name="WatchdogFirst">After both were killed, the watchdog is started first.</param>
internal sealed record KillRound(int Number, Hit Hit, Stage Stage, string Method, int Nth, bool WatchdogFirst)
{
    private static readonly int Hits = Enum.GetValues<Hit>().Length;
    private static readonly int Stages = Enum.GetValues<Stage>().Length;

    /// <summary>Five hits and six stages: each 30 rounds meet all pairs, ten meet each of both.</summary>
    public static KillRound Draw(int number, int vms, Random chance)
    {
        var stage = (Stage)(number % Stages);
        return new(number, (Hit)(number % Hits), stage, chance.Next(2) == 0 ? "full" : "snapshot",
            chance.Next(1, vms + 1) + (stage == Stage.AfterTheCopy ? vms : 0), chance.Next(2) == 0);
    }

    /// <summary>Guests are frozen at that instant.</summary>
    public bool HitsFrozen => Stage is Stage.Frozen or Stage.CutMade or Stage.SlowCutUnderWay;

    /// <summary>Whether it is a fact of this stage; a slow cut that is under way has left none.</summary>
    public bool IsAt(Fact fact) => Stage switch
    {
        Stage.BeforeTheFreeze => fact.Kind == "job" && fact.Detail.StartsWith("create", StringComparison.Ordinal),
        Stage.Frozen => fact.Kind == "freeze",
        Stage.CutMade => fact is { Kind: "cut", Count: > 1 }, // all disks; a snapshot's copies begin one by one
        Stage.Copying or Stage.AfterTheCopy => fact.Kind == "job" && fact.Detail.StartsWith("backup", StringComparison.Ordinal),
        _ => false,
    };

    public override string ToString() =>
        $"round {Number}: {Hit} at {Stage} {Nth}, "
            + $"{Method}{(Hit == Hit.BothKilled ? WatchdogFirst ? ", watchdog first" : ", node first" : "")}";
}
