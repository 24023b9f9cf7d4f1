using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Node.Tests.Http;

public sealed class RunHttpTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    [Fact]
    public async Task A_run_is_accepted_with_its_place_and_its_targets_in_order()
    {
        node.Orchestrator.AddVm("hv1", "b", ("app", "start"));
        node.Orchestrator.AddVm("hv1", "a", ("app", "start"));

        var answer = await PostAsync("""{"kind":"backup","select":"app=start","options":{"maxParallel":2}}""");

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        var run = await RunAsync(answer);
        Assert.Equal("/v1/runs/" + run.Id, answer.Headers.Location?.OriginalString);
        Assert.Equal(("backup", "running", 2), (run.Kind, run.State, run.Items.Total));
        Assert.Equal("full", (string?)run.Options!["method"]);
        var items = await node.Admin.GetFromJsonAsync($"/v1/runs/{run.Id}/items", ApiJson.Default.PageItemStatus);
        Assert.Equal(["a", "b"], items!.Items.Select(item => item.Vm));
    }

    [Fact]
    public async Task Every_wrong_option_is_named()
    {
        var answer = await PostAsync("""{"kind":"backup","select":1,"options":{"foo":1,"maxParallel":"x"}}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), ApiJson.Default.Problem)!;
        Assert.Equal(["foo", "maxParallel", "select"], problem.Errors!.Keys.Order());
    }

    [Fact]
    public async Task A_repeated_idempotency_key_starts_one_run_and_refuses_a_different_request()
    {
        node.Orchestrator.AddVm("hv1", "key1", ("app", "key"));

        var first = await RunAsync(await PostAsync("""{"kind":"backup","select":"app=key"}""", "k1"));
        var again = await RunAsync(await PostAsync("""{"kind":"backup","select":"app=key"}""", "k1"));
        var other = await PostAsync("""{"kind":"backup","select":"name=key1"}""", "k1");

        Assert.Equal(first.Id, again.Id);
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
    }

    [Fact]
    public async Task An_ended_run_is_answered_from_the_views()
    {
        var run = new RunSummary(
            "ended", "backup", "*", RunPhase.Succeeded, null, new() { Total = 1, Succeeded = 1 }, DateTimeOffset.UnixEpoch,
            DateTimeOffset.UnixEpoch.AddSeconds(9), null,
            new() { MaxParallel = 50, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All });
        await node.Views.SaveEndedRunAsync(
            run,
            [
                new(
                    0,
                    new("hv1", "vm1"),
                    ItemState.Succeeded,
                    1,
                    null,
                    null,
                    DateTimeOffset.UnixEpoch,
                    DateTimeOffset.UnixEpoch.AddSeconds(8)
                )
                {
                    Values = new BackupValues(12.4).ToOwn(),
                },
            ]
        );

        var shown = await node.Admin.GetFromJsonAsync("/v1/runs/ended", ApiJson.Default.Run);
        var events = await node.Admin.GetStringAsync("/v1/runs/ended/events");

        Assert.Equal("succeeded", shown!.State);
        Assert.Contains("\"frozenMs\":12,", events, StringComparison.Ordinal);
        Assert.DoesNotContain("\"values\":", events, StringComparison.Ordinal);
        Assert.Contains("id: 8000", events, StringComparison.Ordinal);
        Assert.True(
            events.IndexOf("event: item", StringComparison.Ordinal) < events.IndexOf("event: run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_runs_environment_is_told_by_its_names_alone()
    {
        node.Orchestrator.AddVm("hv1", "env1", ("app", "env"));
        var answer = await PostAsync(
            """{"kind":"exec","select":"app=env","options":{"path":"id","env":["TOKEN=hunter2=","LANG=C"]}}"""
        );
        Assert.DoesNotContain("hunter2", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("""["TOKEN=***","LANG=***"]""", (await RunAsync(answer)).Options!["env"]!.ToJsonString());
    }

    [Theory]
    [InlineData(
        """{"kind":"exec","select":"app=hide","options":{"path":"id","args":["-p","hunter2"]}}""",
        "args",
        """["***","***"]""",
        "exit code 3: hunter2"
    )]
    [InlineData(
        """
        {"kind":"command","select":"app=hide","options":{"command":"guest-ssh-add-authorized-keys",
        "arguments":{"username":"hunter2","keys":["k"]}}}
        """,
        "arguments",
        """{"username":"***","keys":"***"}""",
        "GenericError: no such user"
    )]
    public async Task What_a_run_gives_to_guests_is_hidden_from_viewers_and_shown_to_operators(
        string body, string option, string hidden, string reason)
    {
        if (node.Orchestrator.Vms.All(vm => vm.Id.Name != "hide1")) node.Orchestrator.AddVm("hv1", "hide1", ("app", "hide"));
        var run = await RunAsync(await PostAsync(body));
        var ended = node.Orchestrator.Runs[run.Id] with
        {
            Items =
            [
                .. node
                    .Orchestrator.Runs[run.Id]
                    .Items.Select(item => item with { State = ItemState.Failed, Reason = reason }),
            ],
        };
        node.Orchestrator.Runs[run.Id] = ended;
        node.Orchestrator.Watched.Add(ended);
        await node.Views.SaveRunAsync(ended.Summary);
        using var viewer = await node.AsAsync("viewer");

        foreach (var path in new[] { $"/v1/runs/{run.Id}", "/v1/runs", $"/v1/runs/{run.Id}/items", $"/v1/runs/{run.Id}/events" })
            Assert.DoesNotContain("hunter2", await viewer.GetStringAsync(path), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.GetAsync($"/v1/runs/{run.Id}/results")).StatusCode);
        Assert.Equal(
            hidden, (await viewer.GetFromJsonAsync($"/v1/runs/{run.Id}", ApiJson.Default.Run))!.Options![option]!.ToJsonString());
        Assert.Contains("hunter2", await node.Admin.GetStringAsync($"/v1/runs/{run.Id}"), StringComparison.Ordinal);
        node.Orchestrator.Watched.Clear();
    }

    [Fact]
    public async Task A_run_that_had_an_environment_is_not_tried_again_without_it()
    {
        var options = RunKinds
            .Known.Find("exec")!
            .ParseOptions(JsonDocument.Parse("""{"path":"id","env":["TOKEN=hunter2"]}""").RootElement)
            .Options!;
        var run = new RunSummary(
            "had-env",
            "exec",
            "*",
            RunPhase.Failed,
            null,
            new() { Total = 1, Failed = 1 },
            DateTimeOffset.UnixEpoch,
            DateTimeOffset.UnixEpoch.AddSeconds(9),
            null,
            RunKinds.Known.Find("exec")!.Part(options).Journalled
        );
        await node.Views.SaveEndedRunAsync(run, []);

        var answer = await node.Admin.PostAsync("/v1/runs/had-env/retry", null);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("TOKEN", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_tells_its_waves()
    {
        for (var i = 0; i < 8; i++) node.Orchestrator.AddVm("hv1", $"wave{i}", ("app", "waves"));

        var run = await RunAsync(
            await PostAsync("""{"kind":"backup","select":"app=waves","options":{"canary":1,"waves":["50%"]}}""")
        );

        Assert.Equal([new(1, "running"), new(3, "pending"), new(4, "pending")], run.Waves!);
    }

    [Fact]
    public async Task A_selection_that_splits_a_group_is_refused_and_names_who_is_missing()
    {
        node.Orchestrator.AddVm("hv1", "shop1", ("app", "shop"), ("tier", "db"));
        node.Orchestrator.AddVm("hv1", "shop2", ("app", "shop"), ("tier", "web"));

        var answer = await PostAsync("""{"kind":"backup","select":"tier=db","options":{"groupBy":"app"}}""");

        var problem = JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), ApiJson.Default.Problem)!;
        Assert.Equal((HttpStatusCode.BadRequest, ProblemCodes.GroupSplit), (answer.StatusCode, problem.Code));
        Assert.Contains("shop2", problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_has_ended_is_neither_paused_nor_aborted_and_says_what_can_be_done()
    {
        var over = new RunSummary(
            "over",
            "backup",
            "*",
            RunPhase.Partial,
            null,
            new()
            {
                Total = 2,
                Succeeded = 1,
                Failed = 1,
            },
            DateTimeOffset.UnixEpoch,
            DateTimeOffset.UnixEpoch.AddSeconds(9),
            null,
            new()
            {
                MaxParallel = 50,
                MaxFailures = CountOrPercent.All,
                MaxUnreachable = CountOrPercent.All,
            }
        );
        await node.Views.SaveEndedRunAsync(over, []);

        foreach (var verb in new[] { "pause", "resume", "abort" })
        {
            var answer = await node.Admin.PostAsync($"/v1/runs/over/{verb}", null);
            Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
            Assert.Contains("qgactl run retry over", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_unknown_run_cannot_be_retried() =>
        Assert.Equal(HttpStatusCode.NotFound, (await node.Admin.PostAsync("/v1/runs/none/retry", null)).StatusCode);

    private async Task<HttpResponseMessage> PostAsync(string body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/runs")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (key is not null)
            request.Headers.Add("Idempotency-Key", key);
        return await node.Admin.SendAsync(request);
    }

    private static async Task<Run> RunAsync(HttpResponseMessage answer) =>
        JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), ApiJson.Default.Run)!;
}
