using System.Net;
using System.Net.Http.Json;
using System.Text;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>Every number, time and id of a query: what cannot be meant is 400 and named, and none is a failure of ours.</summary>
public sealed class QueryRangesTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    private static readonly string Sum = new('0', 64);

    public static TheoryData<string, string, string> Wild()
    {
        (string Route, string Name, string[] Values)[] all =
        [
            ("GET /v1/vms?", "limit", ["x", "1.5", "1e300", "NaN", "--1", "5\n", "-"]),
            ("GET /v1/runs?", "limit", ["x"]),
            ("GET /v1/runs/r1/items?", "limit", ["x"]),
            ("GET /v1/runs/r1/results?", "limit", ["x"]),
            ("GET /v1/recovery-points?", "limit", ["x"]),
            ("GET /v1/audit?", "limit", ["x"]),
            ("GET /v1/passwords?", "limit", ["x"]),
            ("GET /v1/passwords?", "cursor", ["x", "%", "AAAA", "5\n"]),
            ("GET /v1/vms/q1/passwords/root?", "reason", ["", "ab", "\n\n\n"]),
            ("GET /v1/vms?", "cursor", ["x", "-1", "1.5", "1e300", "5\n", "99999999999"]),
            ("GET /v1/runs?", "cursor", ["x", "5", "-5~a", "99999999999999999999~a", "5\n~a"]),
            ("GET /v1/recovery-points?", "cursor", ["x"]),
            ("GET /v1/audit?", "cursor", ["x", "99999999999"]),
            ("GET /v1/audit?", "since", ["x", "NaN", "1e300", "10000-01-01", "2027-13-01"]),
            ("GET /v1/audit/check?", "head", ["x", Sum + "\n", new string('0', 63)]),
            (
                "POST /v1/vms/q1/agent/guest-ping?",
                "timeout",
                ["0", "00:00:00", "-00:00:05", "NaN", "1e300", "00:00:05\n", "9999999.00:00:00", "10675199.02:48:05.4775807"]
            ),
            (
                "POST /v1/vms/q1/agent/guest-ping?",
                "lease",
                ["0", "00:00:00", "-00:00:05", "NaN", "1e300", "00:00:05\n", "9999999.00:00:00", "10675199.02:48:05.4775807"]
            ),
            ("POST /v1/runs/r1/abort?", "wait", ["yes", "1", "true\n"]),
            ("GET /v1/vms/q1/file?path=/a&", "offset", ["-1", "1.5", "1e300", "NaN", "9223372036854775808"]),
            ("GET /v1/vms/q1/file/digest?path=/a&", "bytes", ["-1", "NaN", "9223372036854775808"]),
            ($"PUT /v1/vms/q1/file?path=/a&sha256={Sum}&", "bytes", ["-1", "NaN", "9223372036854775808"]),
            ("PUT /v1/vms/q1/file?path=/a&bytes=1&", "sha256", [Sum + "\n", "x"]),
            ($"PUT /v1/vms/q1/file?path=/a&bytes=1&sha256={Sum}&", "mode", ["0644\n", "9"]),
        ];
        var data = new TheoryData<string, string, string>();
        foreach (var (route, name, values) in all)
            foreach (var value in values) data.Add(route, name, value);
        return data;
    }

    [Theory]
    [MemberData(nameof(Wild))]
    public async Task A_query_value_out_of_range_is_refused_by_its_name(string route, string name, string value)
    {
        if (node.Orchestrator.Vms.All(vm => vm.Id.Name != "q1")) node.Orchestrator.AddVm("hv1", "q1");
        var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
        using var request = new HttpRequestMessage(new(method), $"{path}{name}={Uri.EscapeDataString(value)}");
        if (method != "GET") request.Content = new StringContent("");

        var answer = await node.Admin.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem);
        Assert.Equal(ProblemCodes.BadRequest, problem!.Code);
        Assert.StartsWith(name + ": ", problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-5")]
    [InlineData("-99999999999999999999999")]
    [InlineData("99999999999999999999999")]
    public async Task A_limit_may_be_any_whole_number(string limit) =>
        Assert.Equal(HttpStatusCode.OK, (await node.Admin.GetAsync($"/v1/vms?limit={limit}")).StatusCode);

    [Theory]
    [InlineData("POST /v1/runs", """{"kind":"backup","select":"*","options":{"soak":"9999999.00:00:00"}}""", "soak: ")]
    [InlineData("POST /v1/runs", """{"kind":"backup\n","select":"*"}""", "kind: ")]
    [InlineData("POST /v1/runs", """{"kind":"backup","select":"name=q1\n"}""", "select: ")]
    [InlineData("POST /v1/tokens", """{"name":"ci\n","role":"viewer"}""", "name: ")]
    [InlineData("POST /v1/tokens", """{"name":"ci","role":"viewer\n"}""", "role: ")]
    [InlineData("POST /v1/tokens", """{"name":"ci","role":"viewer","expires":"10000-01-01T00:00:00Z"}""", "expires: ")]
    [InlineData("POST /v1/vms/q1/exec", """{"path":"true","timeout":"9999999.00:00:00"}""", "timeout: ")]
    [InlineData("POST /v1/vms/q1/exec", """{"path":"true","timeout":"00:00:05\n"}""", "timeout: ")]
    public async Task The_same_ranges_apply_to_a_body(string route, string body, string named)
    {
        if (node.Orchestrator.Vms.All(vm => vm.Id.Name != "q1")) node.Orchestrator.AddVm("hv1", "q1");

        var answer = await node.Admin.PostAsync(route.Split(' ')[1], new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.StartsWith(
            named, (await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!.Detail, StringComparison.Ordinal);
    }
}
