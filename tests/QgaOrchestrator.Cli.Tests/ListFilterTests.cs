using System.Text.Json;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>Options that narrow a list, as a table and as JSON.</summary>
public sealed class ListFilterTests
{
    [Theory]
    [InlineData("", "r3 r2 r1")]
    [InlineData("--state failed,partial", "r3 r2")]
    [InlineData("--kind check", "r2")]
    [InlineData("--kind exec", "r1")]
    [InlineData("--since 2h", "r3")]
    [InlineData("--since 2026-11-23T08:00:00Z", "r3 r2")]
    [InlineData("--limit 1", "r3")]
    [InlineData("--state succeeded --since 1h", "")]
    public async Task Runs_are_listed_by_state_kind_time_and_number(string options, string ids)
    {
        var node = new FakeNode().Answers("GET /v1/runs", Answers.Page(
            Run("r3", "backup", "failed", "11:00"), Run("r2", "backup", "partial", "09:00", "{\"dryRun\":true}"),
            Run("r1", "exec", "succeeded", "07:00")));
        Assert.Equal(ids, await IdsAsync(node, "id", ["run", "list", .. Words(options)]));
    }

    [Theory]
    [InlineData("--state absent", "b")]
    [InlineData("--state absent,ready", "a b c")]
    [InlineData("--frozen", "c")]
    public async Task VMs_are_listed_by_the_state_of_their_agent_and_by_their_freeze(string options, string names)
    {
        var node = new FakeNode().Answers(
            "GET /v1/vms", Answers.Page(Vm("a", "ready", "false"), Vm("b", "absent", "false"), Vm("c", "ready", "true")));
        Assert.Equal(names, await IdsAsync(node, "name", ["vm", "list", .. Words(options)]));
    }

    [Theory]
    [InlineData("--class crash", "p2")]
    [InlineData("--class crash,filesystem", "p1 p2")]
    [InlineData("--since 2026-11-23", "p2")]
    public async Task Points_are_listed_by_class_and_time(string options, string ids)
    {
        var node = new FakeNode().Answers(
            "GET /v1/recovery-points",
            Answers.Page(Point("p1", "filesystem", "2026-11-22T01:00:00Z"), Point("p2", "crash", "2026-11-23T01:00:00Z")));
        Assert.Equal(ids, await IdsAsync(node, "id", ["point", "list", .. Words(options)]));
    }

    private static async Task<string> IdsAsync(FakeNode node, string member, string[] line)
    {
        var table = await Qga.RunAsync(node, line);
        var json = await Qga.RunAsync(node, [.. line, "-o", "json"]);
        Assert.Equal((ExitCodes.Done, ExitCodes.Done), (table.Code, json.Code));
        using var page = JsonDocument.Parse(json.Out);
        var ids =
            page.RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty(member).GetString()!).ToList();
        Assert.All(ids, id => Assert.Contains($"\n{id} ", table.Out, StringComparison.Ordinal));
        return string.Join(' ', ids);
    }

    private static string[] Words(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string Run(string id, string kind, string state, string time, string options = "{}") => $$"""
        {"id":"{{id}}","kind":"{{kind}}","state":"{{state}}","createdAt":"2026-11-23T{{time}}:00Z","options":{{options}},
        "items":{"total":1,"succeeded":1,"failed":0,"unreachable":0,"unknown":0,"pending":0,"running":0,"cancelled":0} }
        """;

    private static string Vm(string name, string state, string frozen) => $$"""
        {"name":"{{name}}","id":"hv1/{{name}}","uuid":null,"host":"hv1","labels":{},
        "agent":{"state":"{{state}}","version":null},"frozen":{{frozen}}}
        """;

    private static string Point(string id, string grade, string cutAt) => $$"""
        {"id":"{{id}}","vm":"db1","uuid":null,"run":"r1","group":null,"parent":null,"method":"full","class":"{{grade}}",
        "disks":[],"proof":{"frozenAt":null,"cutAt":"{{cutAt}}","thawedAt":null,"frozen":null,"thawed":null,"skewMs":null,
        "hooks":null} }
        """;
}
