using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>A password that is given to one person for a time.</summary>
public sealed class CheckoutHttpTests : IAsyncLifetime, IDisposable
{
    private const string Path = "/v1/vms/db1/passwords/root/checkout";

    private readonly NodeFixture _node = new();
    private readonly ManualTime _time = new();
    private AccountId _root = null!;

    public async Task InitializeAsync()
    {
        await _node.InitializeAsync(services => services.AddSingleton<TimeProvider>(_time));
        EscrowNode.AddVm(_node, "hv1", "db1", EscrowNode.Uuid);
        _root = await EscrowNode.AddAsync(_node, EscrowNode.Uuid, "root");
    }

    public Task DisposeAsync() => _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task It_gives_what_may_be_in_force_until_then_and_keeps_others_out()
    {
        using var operators = await _node.AsAsync("operator");

        using var answer = await TakeAsync(operators, "01:00:00");
        var account = (await answer.Content.ReadFromJsonAsync(ApiJson.Default.EscrowedAccount))!;
        var second = await EscrowNode.ProblemAsync(await TakeAsync(_node.Admin, "01:00:00"));

        var until = _time.GetUtcNow().AddHours(1);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Equal(("a-operator", until), (account.Checkout!.By, account.Checkout.Until));
        Assert.Equal([2, 3], account.Generations.Where(one => one.Sealed is not null).Select(one => one.Number));
        Assert.Equal("disk is full", (await KeptAsync())!.Reason);
        Assert.Equal((409, "conflict"), (second.Status, second.Code));
        Assert.Contains(
            $"a-operator has the password of root in hv1/db1 until {until:yyyy-MM-dd}", second.Detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await TakeAsync(operators, "02:00:00")).StatusCode);
        Assert.Contains(
            (await _node.Admin.GetFromJsonAsync(ApiRoutes.Audit, ApiJson.Default.PageAuditRecord))!.Items,
            entry => entry is { Who: "a-operator", Outcome: "done", Detail: "root: for 01:00:00: disk is full", Vm: "hv1/db1" });
    }

    [Fact]
    public async Task Checked_in_its_time_is_over_at_once_and_by_its_holder_or_an_admin_alone()
    {
        using var operators = await _node.AsAsync("operator");
        await TakeAsync(_node.Admin, "01:00:00");

        Assert.Equal(HttpStatusCode.Conflict, (await operators.DeleteAsync(Path)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _node.Admin.DeleteAsync(Path)).StatusCode);
        Assert.Equal(_time.GetUtcNow(), (await KeptAsync())!.Until);
        Assert.Equal(HttpStatusCode.OK, (await _node.Admin.DeleteAsync(Path)).StatusCode);
        Assert.Equal(_time.GetUtcNow(), (await KeptAsync())!.Until);
    }

    [Theory]
    [InlineData("r9", "qgactl run watch r9")]
    [InlineData(null, "Try again in a minute.")]
    public async Task One_whose_time_is_over_is_given_to_nobody_until_it_is_rotated(string? run, string remedy)
    {
        await _node.Service<IEscrow>().ChangeAsync(
            _root,
            old => old! with { Checkout = new("anna", _time.GetUtcNow(), _time.GetUtcNow(), "repair") { Rotation = run } });

        var problem = await EscrowNode.ProblemAsync(await TakeAsync(_node.Admin, "01:00:00"));

        Assert.Equal(409, problem.Status);
        Assert.Contains(remedy, problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_none_of_the_escrows_is_in_force_there_is_none_to_be_given()
    {
        await _node.Service<IEscrow>().ChangeAsync(
            _root,
            old => AccountRules.MarkForeign(AccountRules.Void(old!, 3, _time.GetUtcNow()), "vm passwd", _time.GetUtcNow()));

        var problem = await EscrowNode.ProblemAsync(await TakeAsync(_node.Admin, "01:00:00"));

        Assert.Equal(409, problem.Status);
        Assert.Contains("qgactl password reset --select name=db1 --user root", problem.Remedy, StringComparison.Ordinal);
        Assert.Null(await KeptAsync());
    }

    [Fact]
    public async Task A_viewer_may_not_and_whoever_has_none_cannot_check_in()
    {
        using var viewer = await _node.AsAsync("viewer");
        Assert.Equal(HttpStatusCode.Forbidden, (await TakeAsync(viewer, "01:00:00")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.DeleteAsync(Path)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _node.Admin.DeleteAsync(Path)).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await _node.Admin.PostAsync(
                "/v1/vms/db1/passwords/nobody/checkout", EscrowNode.Json("""{"for":"01:00:00","reason":"why"}"""))).StatusCode);
    }

    [Theory]
    [InlineData("""{"for":"1h","reason":"why"}""", "for")]
    [InlineData("""{"for":"00:00:59","reason":"why"}""", "for")]
    [InlineData("""{"for":"7.00:00:01","reason":"why"}""", "for")]
    [InlineData("""{"for":"01:00:00"}""", "reason")]
    [InlineData("""{"for":"01:00:00","reason":"  a "}""", "reason")]
    public async Task What_is_wrong_is_named(string body, string member)
    {
        var problem = await EscrowNode.ProblemAsync(await _node.Admin.PostAsync(Path, EscrowNode.Json(body)));
        Assert.Equal((400, member), (problem.Status, Assert.Single(problem.Errors!).Key));
    }

    private static Task<HttpResponseMessage> TakeAsync(HttpClient client, string time) =>
        client.PostAsync(Path, EscrowNode.Json($$"""{"for":"{{time}}","reason":"disk is full"}"""));

    private async Task<AccountCheckout?> KeptAsync() => (await _node.Service<IEscrow>().FindAsync(_root))!.Checkout;
}
