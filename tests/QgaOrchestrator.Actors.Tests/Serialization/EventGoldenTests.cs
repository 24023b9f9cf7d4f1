using System.Text.Json.Nodes;
using QgaOrchestrator.Actors.Serialization;

namespace QgaOrchestrator.Actors.Tests.Serialization;

/// <summary>What an earlier version wrote to the journal (the rules' golden files) is read by the serializer of this
/// one.</summary>
public sealed class EventGoldenTests : IAsyncLifetime
{
    private TestSystem _system = null!;

    public static TheoryData<string> Manifests => [.. StoredEvents.Rows.Select(row => row.Manifest)];

    public async Task InitializeAsync() => _system = await TestSystem.StartAsync(akka => akka.AddSerialization());

    public async Task DisposeAsync() => await _system.DisposeAsync();

    [Theory]
    [MemberData(nameof(Manifests))]
    public void A_recorded_event_is_read_and_written_as_it_was(string manifest)
    {
        var golden = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", manifest + ".json"));

        var read = _system.System.Serialization.Deserialize(golden, 4712, manifest);
        var serializer = Assert.IsType<EventSerializer>(_system.System.Serialization.FindSerializerFor(read));

        Assert.Equal(manifest, serializer.Manifest(read));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(golden), JsonNode.Parse(serializer.ToBinary(read))));
    }
}
