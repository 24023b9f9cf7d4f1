using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Http.Forwarding;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>A recipient is one of every host: hv1 is asked, hv2 and hv3 are other nodes.</summary>
public sealed class RecipientsOfHostsTests : IAsyncLifetime, IDisposable
{
    private const string Path = "/v1/escrow/recipients/ann";

    private readonly NodeFixture _node = new();
    private readonly FakePeers _peers = new();

    public async Task InitializeAsync()
    {
        await _node.InitializeAsync(services => services.AddSingleton(new Forwarder(_peers)));
        _node.Orchestrator.Hosts.AddRange(
            new[] { "hv1", "hv2", "hv3" }.Select(host => new HostStatus(host, HostState.Up, null, null, null)));
    }

    public Task DisposeAsync() => _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task One_that_is_added_goes_to_every_host_on_the_callers_behalf()
    {
        _peers.Answers["hv2"] = _peers.Answers["hv3"] = _ => new(HttpStatusCode.Created);
        var answer = await AddAsync();
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal("hv1 True, hv2 True, hv3 True", await HostsAsync(answer, ApiJson.Default.Recipient, one => one.Hosts!));
        Assert.Equal(["hv2", "hv3"], _peers.Asked.Select(asked => asked.Host).Order());
        Assert.All(_peers.Asked, asked => Assert.Equal(($"PUT {Path}", "admin"), (asked.Asked, asked.Caller)));
        Assert.All(_peers.Asked, asked => Assert.Contains("BEGIN CERTIFICATE", asked.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_refuses_or_is_away_is_named_with_a_remedy_and_asked_again()
    {
        _peers.Answers["hv2"] = _ => new(HttpStatusCode.Conflict)
        {
            Content = JsonContent.Create(
                new Problem("Conflict", 409, "conflict", "The recipient bob has this key already.", "Give another key."),
                ApiJson.Default.Problem),
        };
        _node.Orchestrator.Hosts[2] = new HostStatus("hv3", HostState.Unreachable, null, null, null);
        var hosts = (await (await AddAsync()).Content.ReadFromJsonAsync(ApiJson.Default.Recipient))!.Hosts!;
        Assert.Equal(["True", "False", "False"], hosts.Select(host => $"{host.Taken}"));
        Assert.Equal(
            ("The recipient bob has this key already.", "Give another key."), (hosts[1].Reason, hosts[1].Remedy));
        Assert.Equal("Its node is not reachable.", hosts[2].Reason);
        Assert.Contains("again when it is up", hosts[2].Remedy, StringComparison.Ordinal);
        Assert.Contains(
            (await _node.Admin.GetFromJsonAsync(ApiRoutes.Audit, ApiJson.Default.PageAuditRecord))!.Items,
            entry => entry.Outcome == "done" && entry.Detail!.EndsWith("; missed by hv2, hv3", StringComparison.Ordinal));

        _node.Orchestrator.Hosts[2] = new HostStatus("hv3", HostState.Up, null, null, null);
        _peers.Answers["hv2"] = _peers.Answers["hv3"] = _ => new(HttpStatusCode.OK);
        var again = await AddAsync();
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal("hv1 True, hv2 True, hv3 True", await HostsAsync(again, ApiJson.Default.Recipient, one => one.Hosts!));
    }

    [Fact]
    public async Task What_this_host_refuses_no_other_host_is_asked_for()
    {
        _peers.Answers["hv2"] = _peers.Answers["hv3"] = _ => new(HttpStatusCode.Created);
        await AddAsync();
        _peers.Asked.Clear();
        var refused = await _node.Admin.PutAsJsonAsync(
            Path, new RecipientRequest(EscrowNode.Bob), ApiJson.Default.RecipientRequest);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Empty(_peers.Asked);
    }

    [Fact]
    public async Task One_is_removed_from_hosts_that_missed_it_also_when_it_is_gone_here()
    {
        _peers.Answers["hv2"] = _ => new(HttpStatusCode.NoContent);
        _peers.Answers["hv3"] = _ => new(HttpStatusCode.NotFound);
        var answer = await _node.Admin.DeleteAsync($"{Path}?force=true");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(
            "hv1 True, hv2 True, hv3 True", await HostsAsync(answer, ApiJson.Default.RemovedRecipient, one => one.Hosts));
        Assert.All(_peers.Asked, asked => Assert.Equal($"DELETE {Path}?force=true", asked.Asked));
    }

    [Fact]
    public async Task One_that_no_host_has_is_not_found()
    {
        _peers.Answers["hv2"] = _peers.Answers["hv3"] = _ => new(HttpStatusCode.NotFound);
        Assert.Equal(HttpStatusCode.NotFound, (await _node.Admin.DeleteAsync(Path)).StatusCode);
    }

    private Task<HttpResponseMessage> AddAsync() =>
        _node.Admin.PutAsJsonAsync(Path, new RecipientRequest(EscrowNode.Ann), ApiJson.Default.RecipientRequest);

    private static async Task<string> HostsAsync<T>(
        HttpResponseMessage answer, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type,
        Func<T, IReadOnlyList<RecipientHost>> hosts) =>
        string.Join(
            ", ", hosts((await answer.Content.ReadFromJsonAsync(type))!).Select(host => $"{host.Host} {host.Taken}"));
}
