using System.Net;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>Tokens: the secret goes to standard output, once, and nowhere else.</summary>
public sealed class TokenTests
{
    private const string Made =
        """{"name":"ci","role":"operator","created":"2026-11-23T12:00:00Z","expires":"2027-01-31T00:00:00Z","""
            + """ "secret":"qga_5ecret"}""";

    [Fact]
    public async Task Adding_a_token_prints_only_its_secret_on_standard_output()
    {
        var node = new FakeNode().Answers("POST /v1/tokens", Made, HttpStatusCode.Created);

        var ended = await Qga.RunAsync(node, ["token", "add", "ci", "--role", "operator", "--expires", "2027-01-31"]);

        Assert.Equal((ExitCodes.Done, "qga_5ecret\n"), (ended.Code, ended.Out));
        Assert.StartsWith("ci is an operator until 2027-01-31T00:00:00Z.", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("5ecret", ended.Error, StringComparison.Ordinal);
        Assert.Equal(
            """{"name":"ci","role":"operator","expires":"2027-01-31T00:00:00+00:00"}""",
            Assert.Single(node.Requests).Body
        );
    }

    [Fact]
    public async Task Listed_they_are_told_with_what_has_expired()
    {
        var node = new FakeNode().Answers("GET /v1/tokens", Answers.Page(
            """{"name":"admin","role":"admin","created":"2026-11-01T00:00:00Z","expires":null,"""
                + """ "lastUsed":"2026-11-23T11:50:00Z"}""",
            """{"name":"ci","role":"operator","created":"2026-11-02T00:00:00Z","expires":"2026-11-23T11:00:00Z","""
                + """ "lastUsed":null}"""));

        var ended = await Qga.RunAsync(node, ["token", "list"]);

        Assert.Equal("""
            NAME   ROLE      CREATED               EXPIRES                         LAST USED
            admin  admin     2026-11-01T00:00:00Z  -                               2026-11-23T11:50:00Z
            ci     operator  2026-11-02T00:00:00Z  2026-11-23T11:00:00Z (expired)  -

            """, ended.Out);
    }

    [Fact]
    public async Task Revoking_a_token_is_confirmed_and_an_unknown_one_fails()
    {
        var node = new FakeNode()
            .Answers("DELETE /v1/tokens/ci", "", HttpStatusCode.NoContent)
            .Answers(
                "DELETE /v1/tokens/no",
                """{"title":"Not found","status":404,"code":"not-found","detail":"There is no token no.","""
                    + """ "remedy":"GET /v1/tokens lists them."}""",
                HttpStatusCode.NotFound
            );

        Assert.Equal(new Ended(ExitCodes.Done, "ci is revoked.\n", ""), await Qga.RunAsync(node, ["token", "revoke", "ci"]));
        Assert.Equal(
            new Ended(ExitCodes.Failed, "", "qgactl: There is no token no.\n  GET /v1/tokens lists them.\n"),
            await Qga.RunAsync(node, ["token", "revoke", "no"])
        );
    }
}
