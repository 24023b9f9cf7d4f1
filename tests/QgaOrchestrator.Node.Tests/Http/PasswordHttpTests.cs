using System.Net;
using System.Net.Http.Json;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Passwords;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>What the escrow has, and its sealed texts.</summary>
public sealed class PasswordHttpTests : IAsyncLifetime, IDisposable
{
    private readonly NodeFixture _node = new();
    private AccountId _root = null!;

    public async Task InitializeAsync()
    {
        await _node.InitializeAsync();
        EscrowNode.AddVm(_node, "hv1", "db1", EscrowNode.Uuid);
        _root = await EscrowNode.AddAsync(_node, EscrowNode.Uuid, "root");
    }

    public Task DisposeAsync() => _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_list_shows_states_and_ages_and_nothing_that_helps_to_guess()
    {
        using var viewer = await _node.AsAsync("viewer");

        var text = await viewer.GetStringAsync("/v1/passwords");
        var account = Assert.Single((await viewer.GetFromJsonAsync("/v1/passwords", ApiJson.Default.PageEscrowedAccount))!.Items);

        Assert.Equal(
            ("db1", "hv1", EscrowNode.Uuid, "root", false), (account.Vm, account.Host, account.Uuid, account.User, account.Gone));
        Assert.Equal(["previous", "current", "candidate"], account.Generations.Select(one => one.State));
        Assert.Equal(["login", "login", null], account.Generations.Select(one => one.Evidence));
        Assert.Equal((2, false), (account.Current, account.Foreign));
        Assert.Equal([3, 2], account.Possible);
        foreach (var hidden in new[] { EscrowNode.Hash, EscrowNode.Print, "sealed", "hash\"" })
            Assert.DoesNotContain(hidden, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_comes_in_pages_and_is_narrowed_by_VM_and_user()
    {
        await EscrowNode.AddAsync(_node, EscrowNode.Uuid, "admin");
        await EscrowNode.AddAsync(_node, "hv2/db9", "root", "hv2/db9");

        var first = await PageAsync("limit=2");
        var second = await PageAsync($"limit=2&cursor={first.Next}");

        Assert.Equal(["admin", "root"], first.Items.Select(one => one.User));
        Assert.Equal(["db9"], second.Items.Select(one => one.Vm));
        Assert.Null(second.Next);
        Assert.Equal(2, (await PageAsync("vm=db1")).Items.Count);
        Assert.Equal(2, (await PageAsync($"vm={EscrowNode.Uuid.ToUpperInvariant()}")).Items.Count);
        Assert.True(Assert.Single((await PageAsync("vm=hv2%2Fdb9&user=root")).Items).Gone);
        Assert.Empty((await PageAsync("vm=db1&user=other")).Items);
        Assert.Equal(HttpStatusCode.BadRequest, (await _node.Admin.GetAsync("/v1/passwords?cursor=x")).StatusCode);
    }

    [Fact]
    public async Task The_sealed_text_is_for_operators_who_say_why_and_the_audit_log_tells()
    {
        using var viewer = await _node.AsAsync("viewer");
        using var operators = await _node.AsAsync("operator");
        const string path = "/v1/vms/db1/passwords/root";

        Assert.All((await ShowAsync(path, viewer)).Generations, one => Assert.Null(one.Sealed));
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.GetAsync(path + "?reason=repair")).StatusCode);
        using var answer = await operators.GetAsync(path + "?reason=disk%20is%20full");
        var account = (await answer.Content.ReadFromJsonAsync(ApiJson.Default.EscrowedAccount))!;

        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Equal([1, 2, 3], account.Generations.Select(one => one.Number));
        foreach (var one in account.Generations)
            Assert.Equal(await _node.Service<IEscrow>().SealedAsync(_root, one.Number), one.Sealed);
        var told = (await AuditAsync()).Where(entry => entry.Who == "a-operator").ToArray();
        Assert.Equal(["done", "asked"], told.Select(entry => entry.Outcome));
        Assert.All(told, entry => Assert.Equal(
            ($"GET {ApiRoutes.VmPassword}", "root: disk is full"), (entry.What, entry.Detail)));
        Assert.Equal("hv1/db1", told[0].Vm);
        Assert.DoesNotContain(await AuditAsync(), entry => entry is { Who: "a-viewer", Outcome: "done" });
    }

    [Theory]
    [InlineData("reason=", "reason")]
    [InlineData("reason=ab", "reason")]
    [InlineData("generation=1", "generation")]
    [InlineData("at=p1", "at")]
    [InlineData("reason=why&generation=x", "generation")]
    [InlineData("reason=why&generation=1&at=p1", "at")]
    public async Task What_cannot_be_meant_is_named(string query, string member)
    {
        var problem = await EscrowNode.ProblemAsync(await _node.Admin.GetAsync($"/v1/vms/db1/passwords/root?{query}"));
        Assert.Equal((400, member), (problem.Status, Assert.Single(problem.Errors!).Key));
    }

    [Fact]
    public async Task A_generation_and_the_generations_of_a_point_are_given_alone()
    {
        await _node.Views.SavePointAsync(Point("p1", new("root", 1), new("root", 2), new("other", 3)), DateTimeOffset.UnixEpoch);
        await _node.Views.SavePointAsync(Point("p2"), DateTimeOffset.UnixEpoch);
        await _node.Views.SavePointAsync(Point("p3") with { Vm = "db7", Uuid = null }, DateTimeOffset.UnixEpoch);

        Assert.Equal([2], await TextsOfAsync("generation=2"));
        Assert.Equal([1, 2], await TextsOfAsync("at=p1"));
        Assert.Equal(404, await StatusAsync("generation=9"));
        Assert.Equal(404, await StatusAsync("at=p2"));
        Assert.Equal(400, await StatusAsync("at=p3"));
        Assert.Equal(404, await StatusAsync("at=p9"));
    }

    [Fact]
    public async Task An_account_stays_reachable_when_its_VM_is_gone_or_cannot_tell_its_UUID()
    {
        _node.Orchestrator.Vms.Clear();
        Assert.True((await ShowAsync($"/v1/vms/{EscrowNode.Uuid.ToUpperInvariant()}/passwords/root")).Gone);
        Assert.Equal(EscrowNode.Uuid, (await ShowAsync("/v1/vms/db1/passwords/root")).Uuid);
        Assert.Equal(EscrowNode.Uuid, (await ShowAsync("/v1/vms/hv1%2Fdb1/passwords/root")).Uuid);

        EscrowNode.AddVm(_node, "hv1", "db1", null);
        Assert.Equal(EscrowNode.Uuid, (await ShowAsync("/v1/vms/db1/passwords/root")).Uuid);

        await EscrowNode.AddAsync(_node, "99999999-2222-3333-4444-555555555555", "root");
        var ambiguous = await EscrowNode.ProblemAsync(await _node.Admin.GetAsync("/v1/vms/db1/passwords/root"));
        Assert.Equal((409, 2), (ambiguous.Status, ambiguous.Candidates!.Count));
        var missing = await EscrowNode.ProblemAsync(await _node.Admin.GetAsync("/v1/vms/db1/passwords/nobody"));
        Assert.Contains("qgactl password reset --select name=db1 --user nobody", missing.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_is_sealed_anew_only_for_the_recipients_of_now_and_over_what_it_was()
    {
        await _node.Admin.PutAsync("/v1/escrow/recipients/ann", EscrowNode.Json(EscrowNode.Body(EscrowNode.Ann)));
        await _node.Admin.PutAsync("/v1/escrow/recipients/bob", EscrowNode.Json(EscrowNode.Body(EscrowNode.Bob)));
        var was = (await _node.Service<IEscrow>().SealedAsync(_root, 2))!;
        var both = EscrowNode.Sealed(_root, "hv1/db1", 2, EscrowNode.Ann, EscrowNode.Bob);
        using var operators = await _node.AsAsync("operator");

        Assert.Equal(HttpStatusCode.Forbidden, (await PutAsync(operators, 2, was, both)).StatusCode);
        Assert.Equal(404, (int)(await PutAsync(_node.Admin, 9, was, both)).StatusCode);
        Assert.Equal(400, (int)(await PutAsync(_node.Admin, 2, was, [1, 2, 3])).StatusCode);
        var onlyAnn = await EscrowNode.ProblemAsync(await PutAsync(_node.Admin, 2, was, was));
        Assert.Contains("bob", onlyAnn.Detail, StringComparison.Ordinal);
        Assert.Equal(409, (int)(await PutAsync(_node.Admin, 2, both, both)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await PutAsync(_node.Admin, 2, was, both)).StatusCode);
        Assert.Equal(both, await _node.Service<IEscrow>().SealedAsync(_root, 2));
        Assert.Contains(await AuditAsync(), entry => entry is { Detail: "root: generation 2 sealed anew", Outcome: "done" });
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"was":"AA==","sealed":"%"}""")]
    public async Task A_body_without_two_texts_is_refused(string body) => Assert.Equal(
        HttpStatusCode.BadRequest,
        (await _node.Admin.PutAsync("/v1/vms/db1/passwords/root/generations/1", EscrowNode.Json(body))).StatusCode);

    private static RecoveryPoint Point(string id, params PointPassword[] passwords) => new(
        1, id, "db1", "hv1", EscrowNode.Uuid, "r1", null, null, "full", "crash", [],
        new(null, null, null, null, null, null, null))
    {
        Passwords = passwords is [] ? null : passwords,
    };

    private async Task<EscrowedAccount> ShowAsync(string path, HttpClient? client = null) =>
        (await (client ?? _node.Admin).GetFromJsonAsync(path, ApiJson.Default.EscrowedAccount))!;

    private async Task<Page<EscrowedAccount>> PageAsync(string query) =>
        (await _node.Admin.GetFromJsonAsync($"/v1/passwords?{query}", ApiJson.Default.PageEscrowedAccount))!;

    private async Task<IEnumerable<int>> TextsOfAsync(string query) =>
        (await ShowAsync($"/v1/vms/db1/passwords/root?reason=why&{query}")).Generations
        .Where(one => one.Sealed is not null).Select(one => one.Number);

    private async Task<int> StatusAsync(string query) =>
        (int)(await _node.Admin.GetAsync($"/v1/vms/db1/passwords/root?reason=why&{query}")).StatusCode;

    private static Task<HttpResponseMessage> PutAsync(HttpClient client, int generation, byte[] was, byte[] text) =>
        client.PutAsync(
            $"/v1/vms/db1/passwords/root/generations/{generation}",
            EscrowNode.Json(
                $$"""{"was":"{{Convert.ToBase64String(was)}}","sealed":"{{Convert.ToBase64String(text)}}"}"""));

    private async Task<IReadOnlyList<AuditRecord>> AuditAsync() =>
        (await _node.Admin.GetFromJsonAsync(ApiRoutes.Audit, ApiJson.Default.PageAuditRecord))!.Items;
}
