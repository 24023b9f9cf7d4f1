using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>VMs of tests/hostile-agent, a program that shares nothing with ours, and what their guests went through.</summary>
internal sealed class HostileFleet : IAsyncDisposable
{
    /// <summary>From then on a frozen guest takes connections and answers syncs.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(6);

    private const int SigUsr1 = 10;

    private readonly string _journal = Path.Combine(Path.GetTempPath(), $"qga-hostile-{Guid.NewGuid():N}");
    private Process _program = null!;

    private HostileFleet(int vms) => Names = [.. Enumerable.Range(1, vms).Select(number => $"hostile{number:00}")];

    public IReadOnlyList<string> Names { get; }

    /// <summary>Whose guest froze, and for how long; one that still is, until now.</summary>
    public IReadOnlyList<(string Vm, TimeSpan Frozen)> Freezes => Read().Freezes;

    public bool IsFrozen => Read().Open > 0;

    public static async Task<HostileFleet> StartAsync(string directory, int vms, int seed)
    {
        Skip.If(Tool.Which("python3") is null, "no python3 here");
        var fleet = new HostileFleet(vms);
        fleet._program = Process.Start(new ProcessStartInfo("python3")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "hostile-agent"),
                directory,
                Text(vms),
                Text(seed),
                fleet._journal,
                Text((int)Grace.TotalSeconds),
            },
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("listening", await fleet._program.StandardOutput.ReadLineAsync());
        return fleet;

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>All are honest from here on.</summary>
    public void Calm() => HostProcess.Signal(_program.Id, SigUsr1);

    public async ValueTask DisposeAsync()
    {
        HostProcess.Signal(_program.Id, HostProcess.SigKill);
        await _program.WaitForExitAsync();
        _program.Dispose();
        File.Delete(_journal);
    }

    private (List<(string Vm, TimeSpan Frozen)> Freezes, int Open) Read()
    {
        var since = new Dictionary<string, double>();
        var freezes = new List<(string, TimeSpan)>();
        foreach (var line in File.ReadAllLines(_journal).Where(line => line.EndsWith('}')))
        {
            using var fact = JsonDocument.Parse(line);
            var (vm, at) = (fact.RootElement.GetProperty("vm").GetString()!, fact.RootElement.GetProperty("at").GetDouble());
            if (fact.RootElement.GetProperty("what").GetString() == "freeze") since[vm] = at;
            else if (since.Remove(vm, out var began)) freezes.Add((vm, TimeSpan.FromSeconds(at - began)));
        }
        // Python's monotonic clock is ours.
        var now = Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
        freezes.AddRange(since.Select(one => (one.Key, TimeSpan.FromSeconds(now - one.Value))));
        return (freezes, since.Count);
    }
}
