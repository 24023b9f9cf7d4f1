using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>Each on a node of its own: they look at all of the log, and break it.</summary>
public sealed class AuditHttpTests : IAsyncLifetime, IDisposable
{
    private const string Marker = "marker-5up3r-s3cret";
    private readonly NodeFixture _node = new();

    public Task InitializeAsync() => _node.InitializeAsync();

    public Task DisposeAsync() => _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_change_is_told_before_and_after_and_its_arguments_never()
    {
        _node.Orchestrator.AddVm("hv1", "a1");
        _node.Orchestrator.Replies["guest-set-user-password"] = new CallReply.Returned("{}"u8.ToArray());

        var password = Convert.ToBase64String(Encoding.UTF8.GetBytes(Marker));
        await CallAsync(
            _node.Admin,
            "a1",
            "guest-set-user-password",
            $$"""{"username":"{{Marker}}","password":"{{password}}","crypted":false}"""
        );

        var told = await LogAsync();
        Assert.Equal(["done", "asked"], told.Select(entry => entry.Outcome));
        Assert.All(told, entry => Assert.Equal(("admin", "guest-set-user-password", "hv1"), (entry.Who, entry.What, entry.Host)));
        Assert.Equal(["hv1/a1", "a1"], told.Select(entry => entry.Vm)); // as it was meant; as it was named
        foreach (
            var file in Directory
                .GetFiles(Data, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetFileName(file) != "qgad.lock")
        )
        {
            Assert.DoesNotContain(Marker, await TextAsync(file));
            Assert.DoesNotContain(password, await TextAsync(file));
        }
    }

    [Fact]
    public async Task From_when_on_records_are_kept_is_told_with_both_lists_and_the_chain()
    {
        _node.Orchestrator.AddVm("hv1", "a1");
        await CallAsync(_node.Stranger, "a1", "guest-shutdown", "");
        var before = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await using (var audit = new SqliteAudit(new(Path.Combine(Data, "audit.db")))) await audit.TrimAsync(
            before, 0, "hv1", before, default);

        var log = (await _node.Admin.GetFromJsonAsync(ApiRoutes.Audit, ApiJson.Default.PageAuditRecord))!;
        Assert.Equal(("trim", before), (Assert.Single(log.Items).What, log.KeptFrom));
        Assert.Equal(before, (await _node.Admin.GetFromJsonAsync(ApiRoutes.Runs, ApiJson.Default.PageRun))!.KeptFrom);
        Assert.Equal(
            (2, 1, null, before),
            await ChainAsync() is var chain ? (chain.First, chain.Entries, chain.Broken, chain.KeptFrom) : default
        );
    }

    [Fact]
    public async Task Refusals_are_told_with_their_code_also_of_those_without_a_token()
    {
        _node.Orchestrator.AddVm("hv1", "a2");

        await CallAsync(_node.Stranger, "a2", "guest-shutdown", "");
        await CallAsync(_node.Admin, "a2", "guest-exec", "");

        Assert.Equal(
            [("admin", "refused", "forbidden"), ("admin", "asked", null), ("nobody", "refused", "unauthorized")],
            (await LogAsync()).Select(entry => (entry.Who, entry.Outcome, entry.Code)));
    }

    [Fact]
    public async Task A_refused_caller_is_audited_by_name_even_for_a_read()
    {
        _node.Orchestrator.AddVm("hv1", "a5");
        using var viewer = await _node.AsAsync("viewer");

        await viewer.GetAsync(ApiRoutes.Vms);
        await viewer.GetAsync(ApiRoutes.Audit);
        await CallAsync(viewer, "a5", "guest-shutdown", "");
        await _node.Stranger.GetAsync(ApiRoutes.Vms);

        Assert.Equal(
            [
                ("nobody", "GET /v1/vms", "refused", "unauthorized", null),
                ("a-viewer", "guest-shutdown", "refused", "forbidden", null),
                ("a-viewer", "GET /v1/audit", "refused", "forbidden", null),
                ("admin", "POST /v1/tokens", "done", null, "a-viewer: viewer"),
                ("admin", "POST /v1/tokens", "asked", null, null),
            ],
            (await LogAsync()).Select(entry => (entry.Who, entry.What, entry.Outcome, entry.Code, entry.Detail)));
    }

    [Fact]
    public async Task What_a_path_holds_cannot_move_a_terminal_or_fill_the_log()
    {
        await CallAsync(_node.Stranger, "\u001b[2J" + new string('x', 500), "guest-\n" + new string('y', 500), "");

        var told = Assert.Single(await LogAsync());

        Assert.Equal(("\uFFFD[2J" + new string('x', 71) + "…", "guest- " + new string('y', 70) + "…"), (told.Vm, told.What));
    }

    [Fact]
    public async Task The_chain_names_the_first_entry_that_was_changed_and_triggers_forbid_it()
    {
        for (var i = 0; i < 3; i++) await CallAsync(_node.Stranger, "a3", "guest-shutdown", "");
        var before = await ChainAsync();

        Assert.Throws<SqliteException>(() => Sql("UPDATE audit SET entry = '{}' WHERE number = 2"));
        Assert.Throws<SqliteException>(() => Sql("DELETE FROM audit WHERE number = 3"));
        Sql("DROP TRIGGER audit_no_update; UPDATE audit SET entry = replace(entry, 'nobody', 'admin') WHERE number = 2");

        Assert.Equal((3, null), (before.Entries, before.Broken));
        Assert.Equal(2, (await ChainAsync()).Broken);
    }

    [Fact]
    public async Task Entries_are_found_by_vm_who_run_and_time()
    {
        _node.Orchestrator.AddVm("hv1", "a6");
        _node.Orchestrator.AddVm("hv1", "a7");
        _node.Orchestrator.Replies["guest-shutdown"] = new CallReply.Returned("{}"u8.ToArray());
        using var someone = await _node.AsAsync("operator");
        await CallAsync(someone, "a6", "guest-shutdown", "");
        await CallAsync(someone, "hv1/a7", "guest-shutdown", "");
        await someone.PostAsync(
            ApiRoutes.Runs,
            new StringContent("""{"kind":"backup","select":"name=a7"}""", Encoding.UTF8, "application/json")
        );

        Assert.Equal(2, (await LogAsync("?vm=a6")).Count);
        Assert.Equal(2, (await LogAsync("?vm=hv1%2Fa7&who=a-operator")).Count);
        Assert.Empty(await LogAsync("?vm=a6&who=admin"));
        var run = (await LogAsync("?who=a-operator"))[0];
        Assert.Equal(("POST /v1/runs", "backup of name=a7"), (run.What, run.Detail));
        Assert.Equal([run], await LogAsync($"?run={run.Run}"));
        Assert.Equal("a-operator", _node.Orchestrator.Runs[run.Run!].Summary.StartedBy);
        Assert.Equal([run], await LogAsync($"?since={Uri.EscapeDataString(run.At.ToString("O"))}"));
        Assert.Empty(await LogAsync("?since=2999-01-01"));
        Assert.Equal(HttpStatusCode.BadRequest, (await _node.Admin.GetAsync(ApiRoutes.Audit + "?since=yesterday")).StatusCode);
    }

    [Fact]
    public async Task A_head_that_was_noted_is_asked_for_again()
    {
        await CallAsync(_node.Stranger, "a8", "guest-shutdown", "");
        var noted = (await ChainAsync()).Head;
        await CallAsync(_node.Stranger, "a8", "guest-shutdown", "");

        var check = await ChainAsync("?head=" + noted.ToUpperInvariant());

        Assert.Equal((2, 1), (check.Entries, check.Noted));
        Assert.Null((await ChainAsync("?head=" + new string('0', 63) + "1")).Noted);
        Assert.Equal(HttpStatusCode.BadRequest, (await _node.Admin.GetAsync(ApiRoutes.AuditCheck + "?head=abc")).StatusCode);
    }

    [Fact]
    public async Task A_thaw_does_not_wait_for_a_log_that_somebody_holds_and_is_told_when_he_lets_go()
    {
        _node.Orchestrator.AddVm("hv1", "a9");
        _node.Orchestrator.Replies["guest-fsfreeze-thaw"] = new CallReply.Returned("1"u8.ToArray());
        await CallAsync(_node.Stranger, "a9", "guest-shutdown", "");
        using var db = new SqliteConnection($"Data Source={Path.Combine(Data, "audit.db")};Pooling=False");
        db.Open();
        using (var held = db.BeginTransaction())
        {
            var thawed = await CallAsync(_node.Admin, "a9", "guest-fsfreeze-thaw", "");
            Assert.Equal("{\"return\":1}", await thawed.Content.ReadAsStringAsync());
            Assert.Single(await LogAsync());
        }

        while (await LogAsync() is not [{ What: "guest-fsfreeze-thaw", Who: "admin", Outcome: "done" }, _]) await Task.Yield();
    }

    [Fact]
    public async Task Without_an_audit_log_changes_are_refused_and_a_thaw_is_not()
    {
        _node.Orchestrator.AddVm("hv1", "a4");
        _node.Orchestrator.Replies["guest-fsfreeze-thaw"] = new CallReply.Returned("1"u8.ToArray());
        await CallAsync(_node.Stranger, "a4", "guest-shutdown", "");
        Sql("DROP TABLE audit");

        var refused = await CallAsync(_node.Admin, "a4", "guest-shutdown", "");
        var thawed = await CallAsync(_node.Admin, "a4", "guest-fsfreeze-thaw", "");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("audit-unavailable", (await refused.Content.ReadFromJsonAsync(ApiJson.Default.Problem))!.Code);
        Assert.Equal(HttpStatusCode.OK, thawed.StatusCode);
        Assert.DoesNotContain(_node.Orchestrator.Calls, call => call.Command == "guest-shutdown");
    }

    private string Data => Path.GetDirectoryName(_node.TokenFile)!;

    private async Task<IReadOnlyList<AuditRecord>> LogAsync(string query = "") =>
        (await _node.Admin.GetFromJsonAsync(ApiRoutes.Audit + query, ApiJson.Default.PageAuditRecord))!.Items;

    private async Task<AuditChain> ChainAsync(string query = "") =>
        (await _node.Admin.GetFromJsonAsync(ApiRoutes.AuditCheck + query, ApiJson.Default.AuditChain))!;

    private void Sql(string sql)
    {
        using var db = new SqliteConnection($"Data Source={Path.Combine(Data, "audit.db")};Pooling=False");
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static async Task<string> TextAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    private static async Task<HttpResponseMessage> CallAsync(HttpClient client, string vm, string command, string body) =>
        await client.PostAsync(ApiRoutes.AgentCallPath(vm, command), new StringContent(body, Encoding.UTF8, "application/json"));
}
