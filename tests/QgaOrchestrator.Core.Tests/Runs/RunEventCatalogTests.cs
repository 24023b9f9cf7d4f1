using System.Text.Json;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Tests.Runs;

/// <summary>
/// Each manifest has a file of events as some version wrote them. They stay for good: a test that fails here says that
/// journals in the field cannot be read any more. A new format is a new file.
/// </summary>
public class RunEventCatalogTests
{
    private static readonly Dictionary<string, RunEvent> Examples = new RunEvent[]
    {
        new RunEvent.RunStarted("r-20261122-1", "backup", "app=db",
            Script.Options with { MaxParallelPerHost = 4, MaxFailures = new(10, true), MaxUnreachable = new(3, false) },
            [new VmId("hv1", "db1"), new VmId("hv2", "db2")], Script.Start, "r-20261121-9"),
        new RunEvent.ItemsDispatched([new(0, 1), new(1, 2)], Script.Start.AddMilliseconds(250)),
        new RunEvent.ItemsSettled(
        [
            new ItemOutcome(0, 1, ItemState.Succeeded)
            {
                Values = new BackupValues(
                    37.5,
                    new PointMade(
                        "20261122T235647Z-abcdefghij",
                        "/data/points/hv1~db1/20261122T235647Z-abcdefghij",
                        "filesystem",
                        1_073_741_824
                    )
                ).ToOwn(),
            },
            new ItemOutcome(1, 2, ItemState.Failed, "the freeze hung", "look for a hanging hook")
            {
                Values = new BackupValues().ToOwn(),
            },
        ],
        Script.Start.AddSeconds(9)),
        new RunEvent.RunPaused(Script.Start.AddSeconds(3)),
        new RunEvent.RunResumed(Script.Start.AddSeconds(4)),
        new RunEvent.RunAborted("asked for", true, Script.Start.AddSeconds(5)),
        new RunEvent.RunFinished(RunPhase.Partial, null, Script.Start.AddSeconds(10)),
    }.ToDictionary(e => Stored.Write(e).Manifest);

    public static TheoryData<string> Manifests => [.. RunEventCatalog.Manifests.Keys];

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Stored_events_of_every_version_are_read(string manifest)
    {
        var golden = Golden.Read($"{manifest}.json");
        Assert.Equal(golden, Stored.Write(Stored.Read(manifest, golden)).Json);
        Assert.Equal(golden, Stored.Write(Examples[manifest]).Json);
    }

    [Fact]
    public void The_spread_of_a_runs_groups_stays_as_it_was_when_the_run_started()
    {
        var started = (RunEvent.RunStarted)Examples["run.started.v1"] with { Spread = TimeSpan.FromSeconds(7) };
        var (manifest, json) = Stored.Write(started);
        Assert.Equal(TimeSpan.FromSeconds(7), RunRules.Evolve(null, Stored.Read(manifest, json)).Spread);
    }

    [Theory]
    [InlineData("run.dispatched.v1", """{"items":[{"item":0,"attempt":1}]}""")]
    [InlineData("run.dispatched.v1", """{"items":null,"at":"2026-11-22T23:56:47+00:00"}""")]
    [InlineData("run.finished.v1", """{"phase":7,"reason":null,"at":"2026-11-22T23:56:47+00:00"}""")]
    [InlineData("run.finished.v1", """{"phase":"done","reason":null,"at":"2026-11-22T23:56:47+00:00"}""")]
    public void A_member_that_is_missing_or_wrong_fails_loudly(string manifest, string json) =>
        Assert.Throws<JsonException>(() => Stored.Read(manifest, json));
}
