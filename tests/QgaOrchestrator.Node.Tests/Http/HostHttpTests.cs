using System.Net;
using System.Net.Http.Json;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Hosts;

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

    [Fact]
    public async Task A_host_is_drained_and_undrained_by_an_admin_and_both_are_audited()
    {
        Know(new HostStatus("hv1", HostState.Up, Facts with { Drain = DrainState.Draining, Items = 3 }, TimeSpan.Zero, At));
        node.Orchestrator.Drained.Clear();

        var drained = await (await node.Admin.PostAsync("/v1/hosts/hv1/drain", null)).Content.ReadFromJsonAsync(
            ApiJson.Default.Host);
        Assert.Equal(("draining", 3), (drained!.State, drained.Items));
        Assert.Equal(HttpStatusCode.OK, (await node.Admin.PostAsync("/v1/hosts/hv1/undrain", null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Admin.PostAsync("/v1/hosts/hv9/drain", null)).StatusCode);
        using var operate = await node.AsAsync("operator");
        Assert.Equal(HttpStatusCode.Forbidden, (await operate.PostAsync("/v1/hosts/hv1/drain", null)).StatusCode);

        Assert.Equal([true, false], node.Orchestrator.Drained);
        var audit = (await node.Admin.GetFromJsonAsync("/v1/audit", ApiJson.Default.PageAuditRecord))!.Items;
        foreach (var what in new[] { "drain", "undrain" })
            Assert.Contains(audit, line => line is { Outcome: "done", Detail: "hv1" } && line.What.EndsWith(
                $"/{what}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(HostState.Up, DrainState.None, "up")]
    [InlineData(HostState.Up, DrainState.Draining, "draining")]
    [InlineData(HostState.Up, DrainState.Drained, "drained")]
    [InlineData(HostState.Unreachable, DrainState.Drained, "unreachable")]
    [InlineData(HostState.Leaving, DrainState.Drained, "leaving")]
    public async Task A_host_shows_how_far_it_is_emptied_while_it_is_up(HostState state, DrainState drain, string shown)
    {
        Know(new HostStatus("hv1", state, Facts with { Drain = drain }, TimeSpan.Zero, At));
        Assert.Equal(shown, (await node.Admin.GetFromJsonAsync("/v1/hosts/hv1", ApiJson.Default.Host))!.State);
    }

    [Fact]
    public async Task No_host_is_drained_while_a_node_of_an_earlier_version_is_there()
    {
        Know(
            new HostStatus("hv1", HostState.Up, Facts with { Drain = DrainState.None }, TimeSpan.Zero, At),
            new HostStatus("hv2", HostState.Up, Facts, TimeSpan.Zero, At));
        node.Orchestrator.Drained.Clear();

        var refused = await node.Admin.PostAsync("/v1/hosts/hv1/drain", null);
        var problem = await refused.Content.ReadFromJsonAsync(ApiJson.Default.Problem);
        Assert.Equal((HttpStatusCode.Conflict, "upgrade-in-progress"), (refused.StatusCode, problem!.Code));
        Assert.Contains("hv2", problem.Detail, StringComparison.Ordinal);
        Assert.Empty(node.Orchestrator.Drained);
    }

    private void Know(params HostStatus[] hosts)
    {
        node.Orchestrator.Hosts.Clear();
        node.Orchestrator.Hosts.AddRange(hosts);
    }
}
