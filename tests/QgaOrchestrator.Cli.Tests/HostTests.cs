using System.Text.Json;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>Hosts are listed with what needs somebody's hand, and drained.</summary>
public sealed class HostTests
{
    private static readonly Host Plain = new("hv1", "up", "0.1.0", "http://hv1:7070/", 2, 0, 1, 0.5, 0, "0123456789ab")
    {
        Recipients = "abcdefabcdef",
    };

    [Fact]
    public async Task A_drain_that_waits_shows_what_is_left_and_ends_with_0_when_nothing_is()
    {
        var node = new FakeNode()
            .Answers("POST /v1/hosts/hv1/drain", Json(Plain with { State = "draining", Items = 2, Windows = 1 }))
            .Answers("GET /v1/hosts/hv1", Json(Plain with { State = "draining", Items = 1 }))
            .Answers("GET /v1/hosts/hv1", Json(Plain with { State = "unreachable" }))
            .Answers("GET /v1/hosts/hv1", Json(Plain with { State = "drained", Items = 0 }));
        var ended = await WaitAsync(node);
        Assert.Equal((0, "hv1 is drained.\n"), (ended.Code, ended.Out));
        Assert.Equal(
            "hv1 is draining: 2 items under way, 1 VM frozen.\n"
                + "hv1 is draining: 1 item under way, 0 VMs frozen.\nhv1 is unreachable.\n",
            ended.Error);
    }

    [Fact]
    public async Task A_drain_that_somebody_takes_back_meanwhile_ends_with_1()
    {
        var ended = await WaitAsync(new FakeNode()
            .Answers("POST /v1/hosts/hv1/drain", Json(Plain with { State = "draining", Items = 2 }))
            .Answers("GET /v1/hosts/hv1", Json(Plain)));
        Assert.Equal(1, ended.Code);
        Assert.Contains("qgactl host drain hv1 --wait", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_without_wait_and_an_undrain_tell_how_the_host_is()
    {
        var node = new FakeNode()
            .Answers("POST /v1/hosts/hv1/drain", Json(Plain with { State = "draining", Items = 2 }))
            .Answers("POST /v1/hosts/hv1/undrain", Json(Plain));
        Assert.Equal(
            "hv1 is draining: 2 items under way, 0 VMs frozen.\n", (await Qga.RunAsync(node, ["host", "drain", "hv1"])).Out);
        Assert.Equal("hv1 begins items again.\n", (await Qga.RunAsync(node, ["host", "undrain", "hv1"])).Out);
    }

    [Fact]
    public async Task The_list_says_whose_recipients_differ_and_which_certificate_ends_soon()
    {
        var now = new ManualTime().GetUtcNow();
        var ended = await ListAsync(
            Plain with { CertificateEndsAt = now.AddDays(31) },
            Plain with { Name = "hv2", Recipients = "none", CertificateEndsAt = now.AddDays(12) },
            Plain with { Name = "hv3", Recipients = null, CertificateEndsAt = now.AddDays(-1) });
        Assert.Contains("different escrow recipients", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("of hv1", ended.Error, StringComparison.Ordinal);
        Assert.Contains("A certificate of hv2 expires in 12 days", ended.Error, StringComparison.Ordinal);
        Assert.Contains("A certificate of hv3 has expired", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_says_nothing_where_nothing_is_to_be_done() =>
        Assert.Equal("", (await ListAsync(Plain, Plain with { Name = "hv2" })).Error);

    private static Task<Ended> WaitAsync(FakeNode node) => Qga.RunAsync(
        node, ["host", "drain", "hv1", "--wait"], host => host with { Time = new JumpingTime() });

    private static Task<Ended> ListAsync(params Host[] hosts) => Qga.RunAsync(
        new FakeNode().Answers("GET /v1/hosts", JsonSerializer.Serialize(new Page<Host>(hosts, null), ApiJson.Default.PageHost)),
        ["host", "list"]);

    private static string Json(Host host) => JsonSerializer.Serialize(host, ApiJson.Default.Host);
}
