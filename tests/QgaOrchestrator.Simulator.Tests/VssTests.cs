namespace QgaOrchestrator.Simulator.Tests;

/// <summary>A Windows guest: VSS holds writes for 10 s at most.</summary>
public sealed class VssTests : Fleet
{
    private readonly ManualTime _time = new();

    protected override TimeProvider Time => _time;

    [Theory]
    [InlineData(9.9, "{\"return\": 2}")]
    [InlineData(
        10.1,
        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"couldn't hold writes: fsfreeze is limited up to 10 seconds: \"}}"
    )]
    public async Task A_thaw_after_the_limit_fails_though_it_thaws(double seconds, string reply)
    {
        Vm.Guest.OsId = "mswindows";
        using var host = await Peer.Connect(Vm.AgentPath);
        await host.Ask("""{"execute": "guest-fsfreeze-freeze"}""");
        _time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(reply, await host.Ask("""{"execute": "guest-fsfreeze-thaw"}"""));
        Assert.False(Vm.Guest.IsFrozen);
        Assert.Equal(TimeSpan.FromSeconds(seconds), Vm.Guest.LongestFrozen);
    }
}
