using QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Sockets;

public sealed class PlacedSocketsTests
{
    [Theory]
    [InlineData("unix:/run/a.qga", null, null)]
    [InlineData("unix:/run/a.qga", "unix:/run/a.qmp", null)]
    [InlineData("tcp:1", null, "Agent 'tcp:1' must be unix: and an absolute path.")]
    [InlineData("unix:/run/a.qga", "unix:a.qmp", "Monitor 'unix:a.qmp' must be unix: and an absolute path.")]
    [InlineData(null, "unix:/run/a.qmp", "Monitor is set without Agent.")]
    public void A_place_is_the_path_of_an_agents_socket_and_perhaps_of_a_monitors(
        string? agent, string? monitor, string? fault) =>
        Assert.Equal(fault is null ? [] : [fault], PlacedSockets.Faults(Place(agent, monitor)));

    [Fact]
    public void A_place_is_read_as_paths()
    {
        Assert.Equal(("/run/a.qga", "/run/a.qmp"), PlacedSockets.Of(Place("unix:/run/a.qga", "unix:/run/a.qmp")));
        Assert.Equal(("/run/a.qga", null), PlacedSockets.Of(Place("unix:/run/a.qga", null)));
        Assert.Null(PlacedSockets.Of(Place(null, null)));
    }

    private static Dictionary<string, string> Place(string? agent, string? monitor) =>
        new[] { (Name: "Agent", Text: agent), (Name: "Monitor", Text: monitor) }
            .Where(member => member.Text is not null)
            .ToDictionary(member => member.Name, member => member.Text!);
}
