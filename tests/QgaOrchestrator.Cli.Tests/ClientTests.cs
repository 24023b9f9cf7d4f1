using System.Net;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>The typed client against what a node may answer.</summary>
public sealed class ClientTests : IDisposable
{
    private readonly FakeNode _node = new();

    public void Dispose() => _node.Dispose();

    private QgaClient Client => new(new Uri("http://node:7070"), "secret", new ManualTime(), _node);

    [Fact]
    public async Task The_token_is_sent_and_a_name_with_its_host_is_escaped()
    {
        _node.Answers(
            "GET /v1/vms/hv1%2Fdb1",
            """{"name":"db1","id":"hv1/db1","uuid":null,"host":"hv1","labels":{},"agent":{"state":"dreaming","""
                + """ "version":null},"frozen":false}"""
        );

        var vm = await Client.GetVmAsync("hv1/db1");

        Assert.Equal("dreaming", vm.Agent.State);
        Assert.Equal("Bearer secret", Assert.Single(_node.Requests).Header("Authorization"));
    }

    [Fact]
    public async Task Lists_are_read_to_their_end_even_through_an_empty_part()
    {
        const string run =
            """{"id":"a","kind":"backup","state":"x","items":{"total":0,"succeeded":0,"failed":0,"unreachable":0,"""
                + """ "unknown":0,"pending":0,"running":0}}""";
        _node.Answers("GET /v1/runs", $$"""{"items":[{{run}}],"next":"c&1"}""");
        _node.Answers("GET /v1/runs?cursor=c%261", """{"items":[],"next":"c2"}""");
        _node.Answers("GET /v1/runs?cursor=c2", $$"""{"items":[{{run}}],"next":null}""");

        Assert.Equal(2, await Client.ListRunsAsync().CountAsync());
    }

    [Fact]
    public async Task A_reply_that_breaks_off_is_asked_for_again_under_the_same_key()
    {
        _node.Answers("POST /v1/runs", () => throw new HttpRequestException(HttpRequestError.ResponseEnded));
        _node.Answers("POST /v1/runs", Answers.Run("waiting"));

        await Client.StartRunAsync(new RunRequest("backup"));
        await Client.StartRunAsync(new RunRequest("backup"));

        var keys = _node.Requests.ConvertAll(request => request.Header(ApiRoutes.IdempotencyKeyHeader));
        Assert.NotNull(keys[0]);
        Assert.Equal(keys[0], keys[1]);
        Assert.NotEqual(keys[1], keys[2]);
    }

    [Fact]
    public async Task A_guests_command_whose_reply_breaks_off_is_not_sent_again()
    {
        _node.Answers("POST /v1/vms/db1/agent/guest-exec", () => throw new HttpRequestException(HttpRequestError.ResponseEnded));
        await Assert.ThrowsAsync<NodeUnreachableException>(
            () => Client.CallAgentAsync("db1", "guest-exec", "{}"u8.ToArray(), new AgentCallOptions()));
        Assert.Single(_node.Requests);
    }

    [Fact]
    public async Task A_problem_is_told_with_code_remedy_and_what_this_version_does_not_know()
    {
        _node.Answers("GET /v1/vms/db1", """
            {"type":"about:blank","title":"Conflict","status":409,"code":"ambiguous-vm","detail":"db1 is on two hosts.",
             "remedy":"Say host/name.","candidates":["hv1/db1","hv2/db1"],"moon":"full"}
            """, HttpStatusCode.Conflict);

        var refused = await Assert.ThrowsAsync<ApiException>(() => Client.GetVmAsync("db1"));

        Assert.Equal(("db1 is on two hosts.", "ambiguous-vm", "Say host/name."), (refused.Message, refused.Code, refused.Remedy));
        Assert.Equal(["hv1/db1", "hv2/db1"], refused.Problem.Candidates!);
        Assert.Equal("full", refused.Problem.Extensions!["moon"].GetString());
    }

    [Fact]
    public async Task An_error_page_of_somebody_between_is_still_an_error_with_a_status()
    {
        _node.Answers("GET /v1/vms/db1", "<html>", HttpStatusCode.BadGateway);

        Assert.Equal(HttpStatusCode.BadGateway, (await Assert.ThrowsAsync<ApiException>(() => Client.GetVmAsync("db1"))).Status);
    }

    [Theory]
    [InlineData(HttpRequestError.ConnectionError)]
    [InlineData(HttpRequestError.NameResolutionError)]
    public async Task A_node_that_is_not_running_is_unreachable_with_a_remedy(HttpRequestError error)
    {
        _node.Answers("GET /v1/runs/r1", () => throw new HttpRequestException(error));

        var unreachable = await Assert.ThrowsAsync<NodeUnreachableException>(() => Client.GetRunAsync("r1"));

        Assert.Contains("http://node:7070", unreachable.Message, StringComparison.Ordinal);
        Assert.Contains("qgad", unreachable.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_stream_is_taken_up_after_the_last_event_that_came()
    {
        _node.Streams(
            "GET /v1/runs/r1/events",
            Answers.Event("run", Answers.Run("running"), "17")
                + Answers.Event("progress", """{"at":"2026-11-23T12:00:00Z","items":[],"copied":0,"total":0,"rate":0}""")
        );
        _node.Streams(
            "GET /v1/runs/r1/events",
            Answers.Event("item", Answers.Good, "18") + Answers.Event("run", Answers.Run("succeeded"), "19")
        );
        var lost = new List<string>();

        var events = await Client.WatchRunAsync("r1", lost.Add).ToListAsync();

        Assert.Equal(
            [
                typeof(RunUpdate.RunChanged),
                typeof(RunUpdate.Progressed),
                typeof(RunUpdate.ItemChanged),
                typeof(RunUpdate.RunChanged),
            ],
            events.Select(change => change.GetType())
        );
        Assert.Single(lost);
        Assert.Equal([null, "17"], _node.Requests.Select(request => request.Header(ApiRoutes.LastEventIdHeader)));
    }

    [Fact]
    public async Task An_event_stream_that_cannot_be_opened_is_unreachable_at_once()
    {
        _node.Answers("GET /v1/runs/r1/events", () => throw new HttpRequestException(HttpRequestError.ConnectionError));

        await Assert.ThrowsAsync<NodeUnreachableException>(() => Client.WatchRunAsync("r1").ToListAsync().AsTask());
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest, ExitCodes.Usage)]
    [InlineData(HttpStatusCode.Unauthorized, ExitCodes.Failed)]
    [InlineData(HttpStatusCode.Conflict, ExitCodes.Failed)]
    [InlineData(HttpStatusCode.UnprocessableEntity, ExitCodes.Failed)]
    [InlineData(HttpStatusCode.ServiceUnavailable, ExitCodes.Unreachable)]
    [InlineData(HttpStatusCode.GatewayTimeout, ExitCodes.Failed)]
    public async Task Each_refusal_of_the_node_has_its_exit_code_and_is_told_with_its_remedy(HttpStatusCode status, int code)
    {
        _node.Answers("GET /v1/vms", Answers.NoToken, status);

        var ended = await Qga.RunAsync(_node, ["vm", "list"]);

        Assert.Equal((code, "qgactl: No token.\n  Pass one.\n"), (ended.Code, ended.Error));
    }
}
