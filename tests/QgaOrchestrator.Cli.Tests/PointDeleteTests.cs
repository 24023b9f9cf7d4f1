using System.Net;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>point delete asks first, and tells what became of each file.</summary>
public sealed class PointDeleteTests
{
    private const string Point = """
        {"id":"p1","vm":"db1","uuid":null,"run":"r1","group":null,"parent":null,"method":"full","class":"filesystem",
        "directory":"/points/p1","disks":[{"index":0,"file":"0.qcow2","size":2147483648,"sha256":"00","bytes":1073741824}],
        "proof":{"frozenAt":null,"cutAt":"2026-11-23T12:00:00Z","thawedAt":null,"frozen":null,"thawed":null,"skewMs":null,
        "hooks":null}}
        """;

    private const string Deleted = """
        {"id":"p1","vm":"hv1/db1","directory":"/points/p1","removed":["/points/p1/point.json","/points/p1/0.qcow2"],
        "missing":["/points/p1/1.qcow2"],"left":["/points/p1/notes"]}
        """;

    [Fact]
    public async Task With_yes_the_point_is_deleted_and_each_unexpected_file_is_named()
    {
        var ended = await Qga.RunAsync(Node(), ["point", "delete", "p1", "--yes"]);

        Assert.Equal(0, ended.Code);
        Assert.Equal("""
            p1 of hv1/db1: deleted, 2 files.
              /points/p1/1.qcow2 was not there.
              /points/p1/notes is left: it is not the point's.

            """, ended.Out);
    }

    [Theory]
    [InlineData("y", 0, 2)]
    [InlineData("n", 1, 1)]
    public async Task At_a_terminal_point_delete_lists_what_it_deletes_and_asks(string answer, int code, int requests)
    {
        var node = Node();
        var ended = await Qga.RunAsync(
            node, ["point", "delete", "p1"], host => host with { IsTerminal = true, In = new StringReader(answer + "\n") });

        Assert.Equal((code, requests), (ended.Code, node.Requests.Count));
        Assert.StartsWith(
            "Delete the recovery point p1 of db1, cut at 2026-11-23 13:00:00 +01:00: 1 image, 1.0 GiB? "
                + "Nothing brings it back. [y/N]",
            ended.Out,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Where_nobody_can_be_asked_nothing_is_deleted()
    {
        var node = Node();
        var ended = await Qga.RunAsync(node, ["point", "delete", "p1"]);
        Assert.Equal((ExitCodes.Usage, 0), (ended.Code, node.Requests.Count));
        Assert.Contains("--yes", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_told_with_its_remedy()
    {
        var node = new FakeNode().Answers(
            "DELETE /v1/recovery-points/p1",
            """{"type":"about:blank","title":"Conflict","status":409,"code":"conflict","""
                + """ "detail":"Point p1 is the parent of p2.","remedy":"Delete p2 first."}""",
            HttpStatusCode.Conflict
        );
        var ended = await Qga.RunAsync(node, ["point", "delete", "p1", "-y"]);
        Assert.Equal(new Ended(1, "", "qgactl: Point p1 is the parent of p2.\n  Delete p2 first.\n"), ended);
    }

    private static FakeNode Node() =>
        new FakeNode().Answers("GET /v1/recovery-points/p1", Point).Answers("DELETE /v1/recovery-points/p1", Deleted);
}
