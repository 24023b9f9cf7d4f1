using System.Diagnostics;
using System.Globalization;
using System.Text;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>
/// A real socket with a hostile peer behind it: every call is completed, and by no other reply than its own. The same seeds
/// always, and then others for <c>QGA_ABUSE_SECONDS</c> (30); a seed that breaks it is named.
/// </summary>
public sealed class SocketAbuseTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Known_seeds()
    {
        for (var seed = 0; seed < 50; seed++) await AbuseAsync(seed);
    }

    [Fact]
    public async Task Random_hostile_peers_break_nothing()
    {
        var seconds = int.Parse(Environment.GetEnvironmentVariable("QGA_ABUSE_SECONDS") ?? "30", CultureInfo.InvariantCulture);
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started).TotalSeconds < seconds;)
            await AbuseAsync(Random.Shared.Next());
    }

    private static async Task AbuseAsync(int seed)
    {
        var path = Path.Combine(Path.GetTempPath(), $"qga-abuse-{Guid.NewGuid():N}");
        try
        {
            await using var peer = new HostilePeer(path, seed);
            await using var agent = new SocketAgent(path, SocketHold.Exclusive, TimeProvider.System, new Random(seed));
            await PlayAsync(agent, new Random(seed));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new InvalidOperationException($"broken by seed {seed}", e);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task PlayAsync(SocketAgent agent, Random random)
    {
        for (var number = 1; number <= 20; number++)
        {
            if (!agent.IsOpen) await agent.OpenAsync(Moment()).WaitAsync(Patience);
            var call = agent.CallAsync(new AgentRequest($"guest-{number}"), Moment());
            if (random.Next(10) == 0) agent.Close();
            var outcome = await call.WaitAsync(Patience);
            if (outcome is AgentOutcome.Returned returned)
                Assert.Equal($"{number}", Encoding.UTF8.GetString(returned.Json.Span));
        }

        TimeSpan Moment() => TimeSpan.FromMilliseconds(random.Next(5, 40));
    }
}
