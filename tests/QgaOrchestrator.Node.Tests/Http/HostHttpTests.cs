using System.Net;
using System.Net.Http.Json;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>Hosts are shown as the directory knows them.</summary>
public sealed class HostHttpTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    private static readonly DateTimeOffset At = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    private static readonly HostFacts Facts = new("0.1.0", "http://hv2:7070/", 12, 1, 2, 0.5, At, "0123456789ab");

    [Fact]
    public async Task Each_host_is_listed_with_what_it_told_last()
    {
        Know(
            new HostStatus("hv1", HostState.Up, Facts, TimeSpan.Zero, At),
            new HostStatus("hv2", HostState.Unreachable, Facts, TimeSpan.FromSeconds(-3), At),
            new HostStatus("hv3", HostState.Joining, null, null, null));

        var listed = (await node.Admin.GetFromJsonAsync("/v1/hosts", ApiJson.Default.PageHost))!.Items;
        var shown = await node.Admin.GetFromJsonAsync("/v1/hosts/hv2", ApiJson.Default.Host);

        Assert.Equal(["hv1 up", "hv2 unreachable", "hv3 joining"], listed.Select(host => $"{host.Name} {host.State}"));
        Assert.Equal(
            new Host("hv2", "unreachable", "0.1.0", "http://hv2:7070/", 12, 1, 2, 0.5, -3000, "0123456789ab") { AsOf = At },
            shown);
        Assert.Contains("\"host\":\"hv2\"", await node.Admin.GetStringAsync("/v1/hosts/hv2"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Admin.GetAsync("/v1/hosts/hv9")).StatusCode);
    }

    [Fact]
    public async Task Only_a_host_that_is_away_is_forgotten()
    {
        Know(
            new HostStatus("hv1", HostState.Up, Facts, TimeSpan.Zero, At),
            new HostStatus("hv2", HostState.Unreachable, Facts, TimeSpan.Zero, At));

        Assert.Equal(HttpStatusCode.Conflict, (await node.Admin.DeleteAsync("/v1/hosts/hv1")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await node.Admin.DeleteAsync("/v1/hosts/hv2")).StatusCode);
        Assert.Equal(["hv2"], node.Orchestrator.Forgotten);
    }

    private void Know(params HostStatus[] hosts)
    {
        node.Orchestrator.Hosts.Clear();
        node.Orchestrator.Hosts.AddRange(hosts);
    }
}
