using System.Diagnostics;
using System.Globalization;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>A network namespace for each host, on one bridge of this machine's. What one host sends to another can be lost, in one
/// direction or both, without anybody being told.</summary>
internal sealed class HostNetwork : IAsyncDisposable
{
    /// <summary>The number of the store, on this machine itself, among the hosts.</summary>
    public const int Store = 254;

    /// <summary>No interface has it: the bridge takes what is sent there to nobody.</summary>
    private const string Nobody = "02:00:00:00:00:fe";

    private readonly string _bridge;
    private readonly int _subnet;
    private readonly List<Process> _hosts = [];

    private HostNetwork(int subnet) => (_subnet, _bridge) = (subnet, $"qga{Text(subnet)}");

    /// <summary>Why none can be made here; null: one can.</summary>
    public static async Task<string?> WhyNotAsync()
    {
        if (Tool.Which("ip") is null) return "ip (package iproute2) is not installed";
        return await Tool.RunAsync("unshare", "-n", "ip", "link", "add", "qga0", "type", "bridge") is { ExitCode: not 0 } refused
            ? $"no network of its own can be made here: {refused.Error.Trim()}"
            : null;
    }

    public static async Task<HostNetwork> MakeAsync(int hosts)
    {
        var network = new HostNetwork(Random.Shared.Next(1, 250));
        await IpAsync("link", "add", network._bridge, "type", "bridge");
        await IpAsync("address", "add", $"{network.AddressOf(Store)}/24", "dev", network._bridge);
        await IpAsync("link", "set", network._bridge, "up");
        for (var number = 1; number <= hosts; number++) await network.AddAsync(number);
        return network;
    }

    public string AddressOf(int host) => $"10.83.{Text(_subnet)}.{Text(host)}";

    /// <summary>What a program is started with, to run on a host.</summary>
    public IReadOnlyList<string> Enter(int host) => ["nsenter", "-t", Text(_hosts[host - 1].Id), "-n"];

    /// <summary>What one host sends to the other, or to the <see cref="Store"/>, is lost from now on.</summary>
    public Task CutAsync(int from, int to) => OnAsync(
        from, "neigh", "replace", AddressOf(to), "lladdr", Nobody, "dev", "eth0", "nud", "permanent");

    public async Task HealAsync()
    {
        for (var from = 1; from <= _hosts.Count; from++)
            foreach (var to in Enumerable.Range(1, _hosts.Count).Append(Store))
                if (from != to) await Tool.RunAsync("nsenter", [.. Enter(from).Skip(1), "ip", "neigh", "del", AddressOf(to), "dev", "eth0"]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            HostProcess.Signal(host.Id, HostProcess.SigKill);
            await host.WaitForExitAsync();
            host.Dispose();
        }
        await IpAsync("link", "del", _bridge);
    }

    private async Task AddAsync(int number)
    {
        // The namespace is there when its process says so.
        var holder = Process.Start(new ProcessStartInfo(
            Tool.Find("unshare"), ["-n", "sh", "-c", "echo ready; exec sleep infinity"])
        { RedirectStandardOutput = true })!;
        _hosts.Add(holder);
        await holder.StandardOutput.ReadLineAsync();
        var (own, there) = ($"{_bridge}-{Text(number)}", "eth0");
        await IpAsync("link", "add", own, "type", "veth", "peer", "name", there, "netns", Text(holder.Id));
        await IpAsync("link", "set", own, "master", _bridge, "up");
        await OnAsync(number, "address", "add", $"{AddressOf(number)}/24", "dev", there);
        await OnAsync(number, "link", "set", there, "up");
        await OnAsync(number, "link", "set", "lo", "up");
    }

    private Task<string> OnAsync(int host, params IEnumerable<string> ip) =>
        Tool.MustAsync("nsenter", [.. Enter(host).Skip(1), "ip", .. ip]);

    private static Task<string> IpAsync(params IEnumerable<string> arguments) => Tool.MustAsync("ip", arguments);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
