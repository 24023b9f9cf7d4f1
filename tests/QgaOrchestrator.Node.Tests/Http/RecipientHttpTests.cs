using System.Net;
using System.Net.Http.Json;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>Who can open what the node seals.</summary>
public sealed class RecipientHttpTests : IAsyncLifetime, IDisposable
{
    private readonly NodeFixture _node = new();

    public Task InitializeAsync() => _node.InitializeAsync();

    public Task DisposeAsync() => _node.DisposeAsync();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task One_is_added_once_listed_and_removed()
    {
        var added = await AddAsync("ann", EscrowNode.Ann);
        var again = await AddAsync("ann", EscrowNode.Ann);
        var listed = (await _node.Admin.GetFromJsonAsync("/v1/escrow/recipients", ApiJson.Default.PageRecipient))!.Items;
        var shown = (await _node.Admin.GetFromJsonAsync("/v1/escrow/recipients/ann", ApiJson.Default.Recipient))!;

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (added.StatusCode, again.StatusCode));
        Assert.Equal("/v1/escrow/recipients/ann", added.Headers.Location!.OriginalString);
        Assert.Equal(shown, Assert.Single(listed));
        Assert.Equal(("ann", 3072, 64, 40), (shown.Name, shown.Bits, shown.Fingerprint.Length, shown.KeyIdentifier.Length));
        Assert.Equal(HttpStatusCode.NoContent, (await RemoveAsync("ann")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await RemoveAsync("ann")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _node.Admin.GetAsync("/v1/escrow/recipients/ann")).StatusCode);
        Assert.Contains(
            (await _node.Admin.GetFromJsonAsync(ApiRoutes.Audit, ApiJson.Default.PageAuditRecord))!.Items,
            entry => entry.Detail == $"ann: certificate {shown.Fingerprint}" && entry.Outcome == "done");
    }

    [Fact]
    public async Task A_name_has_one_certificate_and_a_key_one_name()
    {
        await AddAsync("ann", EscrowNode.Ann);

        var other = await EscrowNode.ProblemAsync(await AddAsync("ann", EscrowNode.Bob));
        var same = await EscrowNode.ProblemAsync(await AddAsync("anne", EscrowNode.Ann));

        Assert.Equal((409, 409), (other.Status, same.Status));
        Assert.Contains("qgactl escrow remove ann", other.Remedy, StringComparison.Ordinal);
        Assert.Contains("The recipient ann has this key already", same.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_one_stays_while_the_escrow_has_accounts()
    {
        await AddAsync("ann", EscrowNode.Ann);
        await EscrowNode.AddAsync(_node, EscrowNode.Uuid, "root");

        var problem = await EscrowNode.ProblemAsync(await RemoveAsync("ann"));
        var forced = await RemoveAsync("ann?force=true");

        Assert.Equal((409, HttpStatusCode.Conflict), (problem.Status, forced.StatusCode));
        Assert.Contains("qgactl escrow init NAME --to DIR", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_whom_passwords_in_force_need_is_not_removed_unless_it_is_forced()
    {
        await AddAsync("ann", EscrowNode.Ann);
        await AddAsync("bob", EscrowNode.Bob);
        await EscrowNode.AddAsync(_node, EscrowNode.Uuid, "root", "hv1/db1", EscrowNode.Ann);
        await EscrowNode.AddAsync(_node, "hv1/db2", "root", "hv1/db2", EscrowNode.Ann, EscrowNode.Bob);

        var problem = await EscrowNode.ProblemAsync(await RemoveAsync("ann"));

        Assert.Equal((409, true), (problem.Status, problem.Detail!.StartsWith("2 passwords", StringComparison.Ordinal)));
        Assert.Contains("root in hv1/db1", problem.Detail, StringComparison.Ordinal);
        Assert.Contains("qgactl escrow rewrap --key FILE", problem.Remedy, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NoContent, (await RemoveAsync("ann?force=true")).StatusCode);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"certificate":"x"}""")]
    [InlineData("""{"certificate":"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----"}""")]
    public async Task What_is_no_certificate_is_refused_by_its_member(string body)
    {
        var problem = await EscrowNode.ProblemAsync(
            await _node.Admin.PutAsync("/v1/escrow/recipients/ann", EscrowNode.Json(body)));
        Assert.Equal((400, "certificate"), (problem.Status, Assert.Single(problem.Errors!).Key));
    }

    [Theory]
    [InlineData("viewer", "GET", 200)]
    [InlineData("viewer", "PUT", 403)]
    [InlineData("operator", "PUT", 403)]
    [InlineData("operator", "DELETE", 403)]
    public async Task Everybody_sees_them_and_admins_change_them(string role, string method, int status)
    {
        await AddAsync("ann", EscrowNode.Ann);
        using var client = await _node.AsAsync(role);
        using var request = new HttpRequestMessage(new(method), "/v1/escrow/recipients/ann");
        Assert.Equal(status, (int)(await client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_file_that_is_no_certificate_is_an_error_that_names_it_and_says_when_to_retry()
    {
        await _node.Service<Actors.Stores.IRecipients>().AddAsync(new("odd", "no certificate"));

        var answer = await _node.Admin.GetAsync("/v1/escrow/recipients");
        var problem = await EscrowNode.ProblemAsync(answer);

        Assert.Equal((503, ProblemCodes.StoreUnavailable), (problem.Status, problem.Code));
        Assert.Equal(TimeSpan.FromSeconds(10), answer.Headers.RetryAfter!.Delta);
        Assert.Contains("odd", problem.Detail, StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> AddAsync(string name, string pem) =>
        _node.Admin.PutAsync($"/v1/escrow/recipients/{name}", EscrowNode.Json(EscrowNode.Body(pem)));

    private Task<HttpResponseMessage> RemoveAsync(string name) => _node.Admin.DeleteAsync($"/v1/escrow/recipients/{name}");
}
