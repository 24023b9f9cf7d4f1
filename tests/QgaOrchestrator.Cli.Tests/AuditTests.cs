using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>Who did what, as a table; and a chain that does not hold ends with 1.</summary>
public sealed class AuditTests
{
    private const string Hash = "f60785c1ad761520c8be64dab2a060997331e316dee040400215ddaeec7b11b7";

    [Fact]
    public async Task Entries_are_told_with_who_asked_and_what_became_of_it()
    {
        var node = new FakeNode().Answers(
            "GET /v1/audit?vm=db1&since=2026-11-20T00%3A00%3A00Z&limit=100",
            Answers.Page(
                $$"""{"number":7,"hash":"{{Hash}}","at":"2026-11-23T11:50:00Z","who":"ops","from":"127.0.0.1","""
                    + $$""" "what":"guest-exec","vm":"hv1/db1","host":"hv1","outcome":"refused","code":"denied"}"""
            )
        );

        var ended = await Qga.RunAsync(node, ["audit", "--vm", "db1", "--since", "2026-11-20"]);

        Assert.Equal("""
            NUMBER  AT                    WHO  FROM       WHAT        VM       OUTCOME          RUN  DETAIL
            7       2026-11-23T11:50:00Z  ops  127.0.0.1  guest-exec  hv1/db1  refused: denied  -    -

            """, ended.Out);
        Assert.Equal(ExitCodes.Done, ended.Code);
    }

    [Theory]
    [InlineData("null", "3", 0, "")]
    [InlineData("4", "null", 1, "qgactl: Entry 4 was changed or removed. The 3 entries before it are as they were written.\n")]
    [InlineData(
        "null",
        "null",
        1,
        "qgactl: The head that you noted is not in the chain of 3 entries: entries were cut off, or forged from some entry on.\n"
    )]
    public async Task A_chain_that_does_not_hold_is_an_error(string broken, string noted, int code, string error)
    {
        var node = new FakeNode().Answers(
            $"GET /v1/audit/check?head={Hash}",
            $$"""{"entries":3,"head":"{{Hash}}","broken":{{broken}},"noted":{{noted}}}"""
        );

        var ended = await Qga.RunAsync(node, ["audit", "--verify", "--head", Hash]);

        Assert.Equal(code, ended.Code);
        Assert.StartsWith(error, ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task From_when_on_entries_are_kept_is_told_beside_the_table_and_in_json()
    {
        var node = new FakeNode().Answers(
            "GET /v1/audit?limit=100",
            """{"items":[],"next":null,"keptFrom":"2025-10-20T12:00:00Z"}"""
        );
        Assert.Contains(
            "The log begins at 2025-10-20T12:00:00Z: older entries were removed (Store.Keep).",
            (await Qga.RunAsync(node, ["audit"])).Error,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "\"keptFrom\": \"2025-10-20T12:00:00",
            (await Qga.RunAsync(node, ["audit", "-o", "json"])).Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task From_when_on_runs_are_kept_is_told_beside_the_table()
    {
        var node = new FakeNode().Answers("GET /v1/runs", """{"items":[],"next":null,"keptFrom":"2025-10-20T12:00:00Z"}""");
        Assert.Contains(
            "The list begins at 2025-10-20T12:00:00Z",
            (await Qga.RunAsync(node, ["run", "list"])).Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_chain_whose_oldest_entries_are_gone_counts_from_its_first()
    {
        var node = new FakeNode().Answers($"GET /v1/audit/check?head={Hash}",
            $$"""{"entries":10,"head":"{{Hash}}","broken":null,"noted":104,"first":101,"keptFrom":"2025-10-20T12:00:00Z"}""");
        var ended = await Qga.RunAsync(node, ["audit", "--verify", "--head", Hash]);
        Assert.Equal(ExitCodes.Done, ended.Code);
        Assert.Contains("The head that you noted is entry 104; 6 entries came after it.", ended.Out, StringComparison.Ordinal);
        Assert.Contains(
            "Entry 101 is the first: those from before 2025-10-20T12:00:00Z were removed (Store.Keep).",
            ended.Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_head_without_verify_is_a_usage_error() =>
        Assert.Equal(ExitCodes.Usage, (await Qga.RunAsync(new FakeNode(), ["audit", "--head", Hash])).Code);
}
