using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Routing;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>What a request gives and its route does not take, on every route that there is.</summary>
public sealed class StrictInputTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    private IEnumerable<(string Method, string Path, RouteEndpoint Route)> All =>
        node.Routes.SelectMany(route =>
            (route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method =>
                (method, PathOf(route), route)
            )
        );

    [Fact]
    public async Task Every_route_refuses_a_query_parameter_that_it_does_not_know()
    {
        var told = new List<string>();
        foreach (var (method, path, route) in All)
        {
            var problem = await AskAsync(method, path + "?bogus=1", null);
            Assert.True(problem is { Status: 400, Code: "bad-request" }, $"{method} {path}: {problem}");
            var known = StrictInput.QueryOf(route);
            Assert.Equal(
                $"there is no such query parameter; "
                    + $"{(known.Count == 0 ? "this route takes none" : "the parameters are " + string.Join(", ", known))}",
                Assert.Single(problem.Errors!["bogus"])
            );
            if (known.Count > 0)
                told.Add($"{method} {path} {string.Join(' ', known)}");
        }
        Assert.Equal(Queries, told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_route_refuses_a_query_parameter_that_comes_twice()
    {
        foreach (
            var (method, path, name) in All.SelectMany(route =>
                StrictInput.QueryOf(route.Route).Select(name => (route.Method, route.Path, name))
            )
        )
        {
            var problem = await AskAsync(method, $"{path}?{name}=1&{name}=2", null);
            Assert.Equal((400, "given 2 times; give it once"), (problem.Status, Assert.Single(problem.Errors![name])));
        }
    }

    [Fact]
    public async Task Every_route_refuses_a_member_that_it_does_not_know_or_has_twice()
    {
        foreach (
            var (method, path, route) in All.Where(route => route.Route.Metadata.GetMetadata<RouteBody>() != RouteBody.Bytes)
        )
        {
            var twice = await AskAsync(method, path, """{"bogus":{"a":[{"b":1,"b":2}]}}""");
            Assert.True(twice.Status == 400, $"{method} {path}: {twice}");
            Assert.Equal("given twice; keep one", Assert.Single(twice.Errors!["bogus.a[0].b"]));

            if (route.Metadata.GetMetadata<RouteBody>() is { Members: null }) continue;
            var unknown = await AskAsync(method, path, """{"bogus":1}""");
            Assert.True(unknown.Status == 400, $"{method} {path}: {unknown}");
            Assert.StartsWith("there is no such member; ", Assert.Single(unknown.Errors!["bogus"]), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_was_asked_with_two_equal_members_or_parameters_is_not_done()
    {
        node.Orchestrator.AddVm("hv1", "twice1");
        foreach (var (path, body, at) in new[]
        {
            ("/v1/vms/twice1/agent/guest-new-one", """{"a":1,"\u0061":2}""", "a"),
            (
                "/v1/vms/twice1/agent/guest-set-vcpus",
                """{"vcpus":[{"logical-id":0,"online":true,"online":false}]}""",
                "vcpus[0].online"
            ),
            ("/v1/vms/twice1/exec", """{"path":"true","path":"false"}""", "path"),
            (
                "/v1/runs",
                """{"kind":"backup","select":"name=twice1","options":{"maxParallel":1,"maxParallel":2}}""",
                "options.maxParallel"
            ),
            (
                "/v1/runs",
                """{"kind":"command","select":"*","options":{"command":"guest-x","arguments":{"m":1,"m":2}}}""",
                "options.arguments.m"
            ),
            ("/v1/runs/r1/pause", """{"reason":"x"}""", "reason"),
            ("/v1/vms/twice1/agent/guest-fsfreeze-thaw?force=true&force=false", "", "force"),
        })
        {
            var problem = await AskAsync("POST", path, body);
            Assert.Equal((400, at), (problem.Status, Assert.Single(problem.Errors!).Key));
        }
        Assert.DoesNotContain(node.Orchestrator.Calls, call => call.Vm.Name == "twice1");
        Assert.DoesNotContain(node.Orchestrator.Runs.Values, run => run.Summary.Select == "name=twice1");
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData(" \n", true)]
    [InlineData("[]", false)]
    [InlineData("{} {}", false)]
    [InlineData("""{"a":1,}""", false)]
    public async Task A_route_without_a_body_takes_an_empty_one(string body, bool taken)
    {
        var problem = await AskAsync("POST", "/v1/runs/none/pause", body);
        Assert.Equal(taken ? 404 : 400, problem.Status);
        if (!taken) Assert.Equal(("The body is not a JSON object.", "Send no body."), (problem.Detail, problem.Remedy));
    }

    /// <summary>Every query parameter that there is: a new one is named here.</summary>
    private static readonly string[] Queries =
    [
        "DELETE /v1/escrow/recipients/x force",
        "DELETE /v1/recovery-points/x missing",
        "GET /v1/audit limit cursor vm run who since",
        "GET /v1/audit/check head",
        "GET /v1/passwords vm user limit cursor",
        "GET /v1/recovery-points vm limit cursor",
        "GET /v1/runs limit cursor",
        "GET /v1/runs/x/items limit cursor",
        "GET /v1/runs/x/results vm limit cursor",
        "GET /v1/vms select limit cursor",
        "GET /v1/vms/x/file path offset",
        "GET /v1/vms/x/file/digest path bytes",
        "GET /v1/vms/x/passwords/x reason generation at",
        "POST /v1/runs/x/abort wait",
        "POST /v1/vms/x/agent/x timeout lease force",
        "PUT /v1/vms/x/file path bytes sha256 offset inPlace mode newMode",
    ];

    private async Task<Problem> AskAsync(string method, string path, string? body)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await node.Admin.SendAsync(request);
        Assert.True(
            answer.Content.Headers.ContentType?.MediaType == "application/problem+json",
            $"{method} {path}: {(int)answer.StatusCode}"
        );
        return (await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!;
    }

    private static string PathOf(RouteEndpoint route) => string.Join('/', route.RoutePattern.RawText!.Split('/').Select(part =>
        part.Contains(":int", StringComparison.Ordinal) ? "1" : part.StartsWith('{') ? "x" : part));
}
