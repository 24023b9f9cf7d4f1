using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Serialization;

/// <summary>The journal's format: what an earlier version wrote is read for good, and written the same.</summary>
public sealed class EventGoldenTests
{
    public static TheoryData<string> Manifests => [.. StoredEvents.Rows.Select(row => row.Manifest)];

    [Theory]
    [MemberData(nameof(Manifests))]
    public void A_recorded_event_is_read_and_written_as_it_was(string manifest)
    {
        var golden = File.ReadAllText(PathOf(manifest));
        var info = StoredEvents.Rows.Single(row => row.Manifest == manifest).Info;

        var read = JsonSerializer.Deserialize(golden, info);
        var written = JsonSerializer.Serialize(read, info);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(golden), JsonNode.Parse(written)), written);
    }

    [Fact]
    public void The_recorded_run_folds_to_its_end()
    {
        string[] journal = ["run.started.v1", "run.dispatched.v1", "run.settled.v1", "run.finished.v1"];

        var state = journal
            .Select(manifest => (RunEvent)JsonSerializer.Deserialize(
                File.ReadAllText(PathOf(manifest)), StoredEvents.Rows.Single(row => row.Manifest == manifest).Info)!)
            .Aggregate((RunState?)null, RunRules.Evolve)!;

        Assert.Equal(RunPhase.Partial, state.Phase);
        Assert.Equal((1, 1), (state.Counts.Succeeded, state.Counts.Failed));
    }

    private static string PathOf(string manifest) =>
        Path.Combine(AppContext.BaseDirectory, "Serialization", "Golden", manifest + ".json");
}
