using System.Net;
using System.Net.Http.Json;
using System.Text;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Node.Tests.Http;

/// <summary>Runs of the kinds command and exec: what is refused, and what their VMs gave back.</summary>
public sealed class ResultHttpTests(NodeFixture node) : IClassFixture<NodeFixture>
{
    [Theory]
    [InlineData("""{"kind":"exec","options":{"path":"/bin/true"}}""", "select")]
    [InlineData("""{"kind":"exec","select":"*","options":{"args":[1]}}""", "path")]
    [InlineData("""{"kind":"exec","select":"*","options":{"path":"/bin/true","env":["=x"]}}""", "env")]
    [InlineData("""{"kind":"command","select":"*"}""", "command")]
    [InlineData("""{"kind":"command","select":"*","options":{"command":"guest-fsfreeze-freeze"}}""", "command")]
    [InlineData(
        """
        {"kind":"command","select":"*","options":{"command":"guest-set-user-password",
         "arguments":{"username":"a","password":"eA==","crypted":false}}}
        """,
        "arguments.password"
    )]
    public async Task What_a_run_may_not_do_is_refused_by_name(string body, string member)
    {
        using var asked = new StringContent(body);
        var answer = await node.Admin.PostAsync(ApiRoutes.Runs, asked);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync(ApiJson.Default.Problem);
        Assert.Contains(member, problem!.Errors!.Keys);
        Assert.DoesNotContain("eA==", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_are_listed_with_their_beginning_and_read_whole()
    {
        var spool = node.Service<IResults>();
        var much = Encoding.UTF8.GetBytes(new string('x', 5000));
        var asked = new ItemResult(0, 1, "db1", "hv1", DateTimeOffset.UnixEpoch);
        spool.Write("r7", asked with { State = ItemState.Failed, ExitCode = 3 }, new StreamBytes("out", much));
        spool.Write("r7", new ItemResult(1, 1, "db2", "hv1", DateTimeOffset.UnixEpoch));

        var page = await node.Admin.GetFromJsonAsync("/v1/runs/r7/results", ApiJson.Default.PageRunResult);
        Assert.Equal(["failed", "running"], page!.Items.Select(result => result.State));
        Assert.Equal(
            (3, 5000L, 4096),
            (page.Items[0].ExitCode, page.Items[0].Streams["out"].Bytes, page.Items[0].Streams["out"].Text.Length)
        );
        Assert.Equal(much, await node.Admin.GetByteArrayAsync("/v1/runs/r7/results/0/out"));
        Assert.Equal(HttpStatusCode.NotFound, (await node.Admin.GetAsync("/v1/runs/r7/results/0/err")).StatusCode);
    }

    [Fact]
    public async Task An_odd_return_of_one_VM_fails_no_run_s_list_of_results()
    {
        var spool = node.Service<IResults>();
        byte[][] returns =
        [
            "{}"u8.ToArray(),
            "\"\\ud800\""u8.ToArray(),
            [(byte)'"', 0xC3, (byte)'('],
            [(byte)'"', 0xC3, (byte)'(', (byte)'"'],
            Encoding.UTF8.GetBytes(new string('[', 62) + new string(']', 62)),
        ];
        foreach (var (item, returned) in returns.Index())
        {
            var asked = new ItemResult(item, 1, $"db{item}", "hv1", DateTimeOffset.UnixEpoch);
            spool.Write("r8", asked with { State = ItemState.Succeeded }, new StreamBytes("return", returned));
        }

        var page = await node.Admin.GetFromJsonAsync("/v1/runs/r8/results", ApiJson.Default.PageRunResult);
        Assert.Equal(
            ["{}", "\"\\uFFFD\"", null, "\"\\uFFFD(\"", null], page!.Items.Select(result => result.Return?.GetRawText()));
        Assert.All(page.Items, result => Assert.NotEmpty(result.Streams["return"].Text));
    }

    [Theory]
    [InlineData("..%2Fresults")]
    [InlineData("r404")]
    public async Task An_unknown_run_has_no_results(string run) =>
        Assert.Equal(HttpStatusCode.NotFound, (await node.Admin.GetAsync($"/v1/runs/{run}/results")).StatusCode);
}
