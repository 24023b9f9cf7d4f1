using System.Net;
using System.Net.Http.Json;
using System.Text;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Node.Tests.Http;

public sealed class TokenHttpTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    [Fact]
    public async Task A_token_is_made_listed_and_revoked_and_its_secret_is_told_once()
    {
        var made = await MakeAsync("""{"name":"life","role":"viewer","expires":"2999-01-01T00:00:00Z"}""");
        using var life = node.With(made.Secret);
        Assert.Equal(HttpStatusCode.OK, (await life.GetAsync("/v1/vms")).StatusCode);

        var listed = await node.Admin.GetStringAsync("/v1/tokens");
        var revoked = await node.Admin.DeleteAsync("/v1/tokens/life");

        Assert.Contains("\"life\"", listed, StringComparison.Ordinal);
        Assert.DoesNotContain(made.Secret, listed, StringComparison.Ordinal);
        Assert.DoesNotContain("hash", listed, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal("unauthorized", (await ProblemAsync(await life.GetAsync("/v1/vms"))).Code);
        Assert.Equal(HttpStatusCode.NotFound, (await node.Admin.DeleteAsync("/v1/tokens/life")).StatusCode);
    }

    [Theory]
    [InlineData("""{"name":"a/b","role":"viewer"}""", "name")]
    [InlineData("""{"name":"nobody","role":"viewer"}""", "name")]
    [InlineData("""{"role":"viewer"}""", "name")]
    [InlineData("""{"name":"x","role":"Admin"}""", "role")]
    [InlineData("""{"name":"x","role":"viewer","expires":"tomorrow"}""", "expires")]
    [InlineData("""{"name":"x","role":"viewer","expires":"2001-01-01"}""", "expires")]
    [InlineData("""{"name":"x","role":"viewer","expire":null}""", "expire")]
    public async Task Whatever_is_wrong_with_a_token_is_named(string body, string member)
    {
        var problem = await ProblemAsync(await node.Admin.PostAsync("/v1/tokens", Json(body)));

        Assert.Equal((400, "bad-request"), (problem.Status, problem.Code));
        Assert.Equal([member], problem.Errors!.Keys);
    }

    [Fact]
    public async Task A_name_is_given_once_and_the_admins_token_is_its_files()
    {
        await MakeAsync("""{"name":"once","role":"viewer"}""");

        Assert.Equal(
            "conflict",
            (await ProblemAsync(await node.Admin.PostAsync("/v1/tokens", Json("""{"name":"once","role":"admin"}""")))).Code
        );
        Assert.Equal("conflict", (await ProblemAsync(await node.Admin.DeleteAsync("/v1/tokens/admin"))).Code);
    }

    [Theory]
    [InlineData("viewer", "GET", "/v1/vms", 200)]
    [InlineData("viewer", "GET", "/v1/runs", 200)]
    [InlineData("viewer", "GET", "/v1/nowhere", 404)]
    [InlineData("viewer", "PUT", "/v1/vms", 405)]
    [InlineData("viewer", "POST", "/v1/vms/roles/agent/guest-ping", 200)]
    [InlineData("viewer", "POST", "/v1/vms/roles/agent/guest-fstrim", 403)]
    [InlineData("viewer", "POST", "/v1/vms/roles/agent/guest-fsfreeze-thaw", 403)]
    [InlineData("viewer", "POST", "/v1/runs", 403)]
    [InlineData("viewer", "POST", "/v1/runs/r1/pause", 403)]
    [InlineData("viewer", "GET", "/v1/audit", 403)]
    [InlineData("operator", "POST", "/v1/vms/roles/agent/guest-fstrim", 200)]
    [InlineData("operator", "POST", "/v1/vms/roles/agent/guest-fsfreeze-thaw?force=true", 200)]
    [InlineData("operator", "POST", "/v1/runs/r1/pause", 404)]
    [InlineData("operator", "GET", "/v1/audit", 403)]
    [InlineData("operator", "GET", "/v1/audit/check", 403)]
    [InlineData("operator", "GET", "/v1/tokens", 403)]
    [InlineData("operator", "POST", "/v1/tokens", 403)]
    [InlineData("operator", "DELETE", "/v1/tokens/admin", 403)]
    [InlineData("operator", "DELETE", "/v1/recovery-points/p1", 403)]
    [InlineData("admin", "GET", "/v1/tokens", 200)]
    [InlineData("admin", "GET", "/v1/audit/check", 200)]
    public async Task Each_role_has_its_permissions(string role, string method, string path, int status)
    {
        if (node.Orchestrator.Vms.All(vm => vm.Id.Name != "roles")) node.Orchestrator.AddVm("hv1", "roles");
        foreach (var command in new[] { "guest-ping", "guest-fstrim", "guest-fsfreeze-thaw" })
            node.Orchestrator.Replies[command] = new CallReply.Returned("{}"u8.ToArray());
        using var client = await node.AsAsync(role);

        var answer = await client.SendAsync(new(new(method), path));

        Assert.Equal(status, (int)answer.StatusCode);
        if (status != 403) return;
        var problem = await ProblemAsync(answer);
        Assert.Equal("forbidden", problem.Code);
        Assert.Contains($"the token a-{role}", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("qgactl token add NAME --role ", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_watch_ends_when_its_token_is_revoked()
    {
        var made = await MakeAsync("""{"name":"watcher","role":"viewer"}""");
        var watching = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Orchestrator.Runs["watched"] = Running("watched");
        node.Orchestrator.WatchedFor = async cancel =>
        {
            watching.SetResult();
            await Task.Delay(Timeout.Infinite, cancel);
        };
        using var watcher = node.With(made.Secret);
        var stream = watcher.GetAsync("/v1/runs/watched/events");
        await watching.Task;

        await node.Admin.DeleteAsync("/v1/tokens/watcher");

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => stream);
        node.Orchestrator.WatchedFor = null;
    }

    private static RunView Running(string id) =>
        FakeOrchestrator.View(
            RunRules.Evolve(
                null,
                new Core.Runs.RunEvent.RunStarted(
                    id,
                    "backup",
                    "*",
                    new()
                    {
                        MaxParallel = 1,
                        MaxFailures = CountOrPercent.All,
                        MaxUnreachable = CountOrPercent.All,
                    },
                    [new("hv1", "a")],
                    DateTimeOffset.UnixEpoch,
                    null
                )
            )
        );

    private async Task<NewToken> MakeAsync(string body)
    {
        var answer = await node.Admin.PostAsync("/v1/tokens", Json(body));
        Assert.Equal((HttpStatusCode.Created, true), (answer.StatusCode, answer.Headers.CacheControl?.NoStore));
        return (await answer.Content.ReadFromJsonAsync(ApiJson.Default.NewToken))!;
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    private static async Task<Problem> ProblemAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!;
}
