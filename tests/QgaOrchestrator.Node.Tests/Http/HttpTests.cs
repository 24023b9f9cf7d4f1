using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Node.Tests.Http;

public sealed class HttpTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    [Fact]
    public async Task Nothing_but_health_is_open()
    {
        Assert.Equal(HttpStatusCode.OK, (await node.Stranger.GetAsync("/healthz")).StatusCode);
        foreach (var path in new[] { "/v1/vms", "/v1/runs", "/v1/recovery-points", "/metrics", "/nowhere" })
        {
            var answer = await node.Stranger.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("unauthorized", (await ProblemAsync(answer)).Code);
        }
    }

    [Fact]
    public async Task Vms_are_selected_listed_in_parts_and_found_by_either_name()
    {
        node.Orchestrator.AddVm("hv1", "list1", ("app", "list"));
        node.Orchestrator.AddVm("hv1", "list2", ("app", "list"));
        node.Orchestrator.AddVm("hv2", "list2", ("app", "list"));

        var first = await node.Admin.GetFromJsonAsync("/v1/vms?select=app%3Dlist&limit=2", ApiJson.Default.PageVm);
        var rest = await node.Admin.GetFromJsonAsync(
            $"/v1/vms?select=app%3Dlist&limit=2&cursor={first!.Next}", ApiJson.Default.PageVm);

        Assert.Equal(["hv1/list1", "hv1/list2", "hv2/list2"], first.Items.Concat(rest!.Items).Select(vm => vm.Id));
        Assert.Null(rest.Next);
        Assert.Equal("hv1/list1", (await node.Admin.GetFromJsonAsync("/v1/vms/list1", ApiJson.Default.Vm))!.Id);
        Assert.Equal("hv2/list2", (await node.Admin.GetFromJsonAsync("/v1/vms/hv2%2Flist2", ApiJson.Default.Vm))!.Id);
    }

    [Fact]
    public async Task A_list_tells_its_total_and_what_it_may_lack()
    {
        for (var i = 0; i < 3; i++) node.Orchestrator.AddVm("hv1", $"total{i}", ("app", "total"));
        node.Actors.Faults = [new("Fleet:Sources:1", "/x cannot be read", "Give the node's user the right", Blinds: true)];

        var page = await node.Admin.GetFromJsonAsync("/v1/vms?select=app%3Dtotal&limit=2", ApiJson.Default.PageVm);
        node.Actors.Faults = [];

        Assert.Equal((2, 3), (page!.Items.Count, page.Total));
        Assert.Equal(["Fleet:Sources:1: /x cannot be read. Give the node's user the right."], page.Notes!);
        Assert.DoesNotContain("notes", await node.Admin.GetStringAsync("/v1/vms"), StringComparison.Ordinal);
        Assert.DoesNotContain("total", await node.Admin.GetStringAsync("/v1/runs"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_VM_with_an_odd_name_is_listed_found_and_refused_with_the_remedy()
    {
        var id = new Core.Fleet.VmId("hv1", @"my  vm");
        node.Orchestrator.Vms.Add(
            new(id, null, new Dictionary<string, string> { ["app"] = "odd" }, AgentState.Invalid)
            {
                AgentReason = "its name",
                AgentRemedy = "Rename it",
            }
        );
        node.Orchestrator.Replies["guest-odd"] = new CallReply.Refused(CallRefusal.NoAgent, "its name", "Rename it");

        var shown = await node.Admin.GetFromJsonAsync(ApiRoutes.VmPath(id.ToString()), ApiJson.Default.Vm);
        Assert.Equal(
            (id.Name, "invalid", "its name", "Rename it"),
            (shown!.Name, shown.Agent.State, shown.Agent.Reason, shown.Agent.Remedy)
        );
        Assert.Equal(1, (await node.Admin.GetFromJsonAsync("/v1/vms?select=app%3Dodd", ApiJson.Default.PageVm))!.Total);
        var problem = await ProblemAsync(await CallAsync(id.Name, "guest-odd", "", ""));
        Assert.Equal(
            (503, "unreachable", "its name", "Rename it"), (problem.Status, problem.Code, problem.Detail, problem.Remedy));
    }

    [Fact]
    public async Task An_ambiguous_name_is_refused_with_its_candidates()
    {
        node.Orchestrator.AddVm("hv1", "twice");
        node.Orchestrator.AddVm("hv2", "twice");

        var answer = await node.Admin.GetAsync("/v1/vms/twice");

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        var problem = await ProblemAsync(answer);
        Assert.Equal(("ambiguous-vm", 409), (problem.Code, problem.Status));
        Assert.Equal(["hv1/twice", "hv2/twice"], problem.Candidates);
    }

    [Fact]
    public async Task Arguments_and_return_pass_as_they_are_on_the_wire()
    {
        node.Orchestrator.AddVm("hv1", "call1");
        node.Orchestrator.Replies["guest-pass"] = new CallReply.Returned("""{ "a" : 1.0 }"""u8.ToArray());

        var answer = await CallAsync(
            "call1",
            "guest-pass",
            """{ "x" : [ 1e2 ] }""",
            "?timeout=00:00:05&lease=00:01:00&force=true"
        );

        Assert.Equal("""{"return":{ "a" : 1.0 }}""", await answer.Content.ReadAsStringAsync());
        var call = node.Orchestrator.Calls.Single(c => c.Command == "guest-pass");
        Assert.Equal("""{ "x" : [ 1e2 ] }""", call.Arguments);
        Assert.Equal(new CallOptions(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1), true), call.Options);
    }

    [Fact]
    public async Task A_shortened_time_out_is_named_in_the_reply_and_in_the_problem()
    {
        node.Orchestrator.AddVm("hv1", "clamp1");
        var clamped = new CallClamp(TimeSpan.FromSeconds(75), TimeSpan.FromMinutes(5));
        node.Orchestrator.Replies["guest-fsfreeze-freeze"] = new CallReply.Returned("2"u8.ToArray()) { Clamped = clamped };
        node.Orchestrator.Replies["guest-fstrim"] = new CallReply.Unknown("no reply", "look") { Clamped = clamped };

        var frozen = await CallAsync("clamp1", "guest-fsfreeze-freeze", "", "?timeout=10:00:00&lease=10:00:00");
        var late = await CallAsync("clamp1", "guest-fstrim", "", "?timeout=10:00:00");

        Assert.Equal(
            """{"return":2,"clamped":{"timeout":"00:01:15","lease":"00:05:00"}}""",
            await frozen.Content.ReadAsStringAsync()
        );
        Assert.Contains("shortened to 00:01:15", (await ProblemAsync(late)).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_caller_must_know_besides_is_in_the_answer_and_in_a_problem()
    {
        node.Orchestrator.AddVm("hv1", "warned1");
        const string warning = "The escrow did not take the note \"foreign\".";
        node.Orchestrator.Replies["guest-ping"] = new CallReply.Returned("{}"u8.ToArray()) { Warning = warning };
        node.Orchestrator.Replies["guest-info"] = new CallReply.AgentFailed("GenericError", "refused") { Warning = warning };

        var done = await CallAsync("warned1", "guest-ping", "", "");
        var failed = await CallAsync("warned1", "guest-info", "", "");

        Assert.Equal(
            warning, (string?)JsonNode.Parse(await done.Content.ReadAsStringAsync())!["warnings"]!.AsArray().Single());
        Assert.Contains(warning, (await ProblemAsync(failed)).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Each_failure_has_its_status_and_code(string command, int status, string code)
    {
        node.Orchestrator.AddVm("hv1", "fail-" + command);
        foreach (var (name, reply) in Replies) node.Orchestrator.Replies[name] = reply;

        var answer = await CallAsync("fail-" + command, command, "", "");

        Assert.Equal(status, (int)answer.StatusCode);
        var problem = await ProblemAsync(answer);
        Assert.Equal(code, problem.Code);
        Assert.False(string.IsNullOrEmpty(problem.Remedy));
    }

    public static TheoryData<string, int, string> Failures => new()
    {
        { "guest-failed", 422, "agent-error" },
        { "guest-nonesuch", 422, "agent-error" },
        { "guest-disabled", 409, "command-disabled" },
        { "guest-frozen", 409, "frozen" },
        { "guest-full", 429, "queue-full" },
        { "guest-gone", 503, "unreachable" },
        { "guest-bad", 400, "bad-request" },
        { "guest-theirs", 409, "not-ours" },
        { "guest-unknown", 504, "unknown-outcome" },
        { "guest-exec", 403, "forbidden" },
    };

    private static readonly Dictionary<string, CallReply> Replies = new()
    {
        ["guest-failed"] = new CallReply.AgentFailed("GenericError", "no"),
        ["guest-nonesuch"] = new CallReply.Refused(CallRefusal.UnknownCommand, "r", "m"),
        ["guest-disabled"] = new CallReply.Refused(CallRefusal.Disabled, "r", "m"),
        ["guest-frozen"] = new CallReply.Refused(CallRefusal.Frozen, "r", "m"),
        ["guest-full"] = new CallReply.Refused(CallRefusal.QueueFull, "r", "m"),
        ["guest-gone"] = new CallReply.Refused(CallRefusal.Unreachable, "r", "m"),
        ["guest-bad"] = new CallReply.Refused(CallRefusal.BadArguments, "r", "m"),
        ["guest-theirs"] = new CallReply.Refused(CallRefusal.NotOurs, "r", "m"),
        ["guest-unknown"] = new CallReply.Unknown("r", "m"),
    };

    [Fact]
    public async Task A_body_that_is_no_object_is_refused_before_anything_is_sent()
    {
        node.Orchestrator.AddVm("hv1", "body1");

        var answer = await CallAsync("body1", "guest-never", "[1]", "");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain(node.Orchestrator.Calls, c => c.Command == "guest-never");
    }

    [Fact]
    public async Task A_body_that_is_no_UTF8_is_refused_with_the_way_for_other_bytes()
    {
        node.Orchestrator.AddVm("hv1", "bytes1");
        using var body = new ByteArrayContent([.. "{\"path\":\""u8, 0xFF, .. "\"}"u8]);
        var problem = await ProblemAsync(await node.Admin.PostAsync(ApiRoutes.AgentCallPath("bytes1", "guest-file-open"), body));
        Assert.Equal((400, "The body is not UTF-8."), (problem.Status, problem.Detail));
        Assert.Contains("base64", problem.Remedy);
        Assert.DoesNotContain(node.Orchestrator.Calls, c => c.Vm.Name == "bytes1");
    }

    [Fact]
    public async Task Arguments_that_the_schema_does_not_know_are_refused_before_anything_is_sent()
    {
        node.Orchestrator.AddVm("hv1", "args1");
        var answer = await CallAsync(
            "args1",
            "guest-set-user-password",
            """{"username":1,"password":"not base64: s3cret","zz":0}""",
            ""
        );

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain("s3cret", await answer.Content.ReadAsStringAsync());
        var problem = await ProblemAsync(answer);
        Assert.Equal(["crypted", "password", "username", "zz"], problem.Errors!.Keys.Order());
        Assert.Equal("given the number 1; a string is right", Assert.Single(problem.Errors["username"]));
        Assert.Equal("missing; true or false is right", Assert.Single(problem.Errors["crypted"]));
        Assert.DoesNotContain(node.Orchestrator.Calls, c => c.Command == "guest-set-user-password");
    }

    [Fact]
    public async Task A_command_that_the_agent_lacks_is_told_as_the_agent_would_with_what_to_do()
    {
        node.Orchestrator.AddVm("hv1", "old1");
        node.Orchestrator.Replies["guest-get-load"] = new CallReply.Refused(
            CallRefusal.UnknownCommand, "it came with QEMU 10.0", "Update qemu-ga");
        var problem = await ProblemAsync(await CallAsync("old1", "guest-get-load", "", ""));
        Assert.Equal(
            (422, "CommandNotFound", "it came with QEMU 10.0", "Update qemu-ga"),
            (problem.Status, problem.Agent!.Class, problem.Detail, problem.Remedy)
        );
    }

    [Theory]
    [InlineData("guest-shutdown", "event", "SHUTDOWN", """{"return":{},"completedBy":"event","event":"SHUTDOWN"}""")]
    [InlineData("guest-suspend-disk", "port", null, """{"return":{},"completedBy":"port"}""")]
    [InlineData("guest-suspend-ram", "timeout", null, """{"return":{},"completedBy":"timeout"}""")]
    public async Task A_command_without_a_reply_is_reported_with_what_ended_it(
        string command, string by, string? happened, string body)
    {
        node.Orchestrator.AddVm("hv1", "end-" + command);
        node.Orchestrator.Replies[command] =
            new CallReply.Returned("{}"u8.ToArray()) { Completed = new CallCompletion(by, happened) };
        var answer = await (await CallAsync("end-" + command, command, "", "")).Content.ReadAsStringAsync();
        Assert.Equal(body, answer);
        var read = JsonSerializer.Deserialize(answer, ApiJson.Default.AgentCallReply)!;
        Assert.Equal((by, happened), (read.CompletedBy, read.Event));
    }

    [Fact]
    public async Task A_guest_is_woken_and_one_that_runs_is_a_conflict()
    {
        node.Orchestrator.AddVm("hv1", "wake1");
        node.Orchestrator.Replies["wake"] = new CallReply.Returned("\"running\""u8.ToArray());
        Assert.Equal(
            """{"runState":"running"}""",
            await (await node.Admin.PostAsync("/v1/vms/wake1/wake", null)).Content.ReadAsStringAsync()
        );
        Assert.Equal("hv1/wake1", Assert.Single(node.Orchestrator.Woken).ToString());

        node.Orchestrator.Replies["wake"] = new CallReply.Refused(CallRefusal.NotSuspended, "r", "m");
        Assert.Equal((409, "not-suspended"), await StatusAsync());
        node.Orchestrator.Replies["wake"] = new CallReply.Refused(CallRefusal.CannotWake, "r", "m");
        Assert.Equal((409, "cannot-wake"), await StatusAsync());

        async Task<(int, string)> StatusAsync()
        {
            var problem = await ProblemAsync(await node.Admin.PostAsync("/v1/vms/wake1/wake", null));
            return (problem.Status, problem.Code);
        }
    }

    [Fact]
    public async Task Readiness_waits_for_the_first_look_for_vms()
    {
        var before = await node.Stranger.GetAsync("/readyz");

        node.Actors.Scanned.TrySetResult();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, before.StatusCode);
        Assert.NotEqual("ok", await DiscoveryAsync(before));
        Assert.Equal("ok", await DiscoveryAsync(await node.Stranger.GetAsync("/readyz")));

        // A directory that is not there yet is no reason to wait, one that cannot be read is.
        node.Actors.Faults = [new("Fleet:Sources:0", "there is no directory /x", "Wait", Blinds: false)];
        Assert.Equal("ok", await DiscoveryAsync(await node.Stranger.GetAsync("/readyz")));
        node.Actors.Faults = [new("Fleet:Sources:0", "/x cannot be read", "Let it", Blinds: true)];
        Assert.Equal(
            "Fleet:Sources:0: /x cannot be read. Let it.", await DiscoveryAsync(await node.Stranger.GetAsync("/readyz")));
        node.Actors.Faults = [];
    }

    [Fact]
    public void Tools_on_this_host_find_address_and_token_file()
    {
        var announced = JsonSerializer.Deserialize(File.ReadAllText(node.AddressFile), ApiJson.Default.NodeAddress)!;

        Assert.Equal(node.Admin.BaseAddress, new Uri(announced.Api));
        Assert.Equal(node.TokenFile, announced.TokenFile);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
            File.GetUnixFileMode(node.AddressFile)
        );
    }

    private Task<HttpResponseMessage> CallAsync(string vm, string command, string body, string query) =>
        node.Admin.PostAsync(
            ApiRoutes.AgentCallPath(vm, command) + query, new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task<string> DiscoveryAsync(HttpResponseMessage ready) =>
        (await ready.Content.ReadFromJsonAsync(ApiJson.Default.Health))!.Checks!["discovery"];

    private static async Task<Problem> ProblemAsync(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), ApiJson.Default.Problem)!;
    }
}
