using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>Commands that go from this machine to each selected VM, and start no run.</summary>
public sealed class ForEachVmTests
{
    [Fact]
    public async Task A_command_that_is_no_run_is_done_for_each_selected_VM_and_failures_are_reported()
    {
        var node = TwoVms.OfTwo()
            .Answers("POST /v1/vms/db1/wake", """{"runState":"running"}""")
            .Answers(
                "POST /v1/vms/db2/wake",
                """{"title":"x","status":409,"code":"conflict","detail":"It is not suspended.","remedy":"Leave it."}""",
                System.Net.HttpStatusCode.Conflict
            );

        var table = await Qga.RunAsync(node, ["vm", "wake", "--select", "app=db", "--yes"]);
        var json = await Qga.RunAsync(node, ["vm", "wake", "--select", "app=db", "--yes", "-o", "json"]);

        Assert.Equal(
            new Ended(
                ExitCodes.Partial,
                "db1 is awake: QEMU says running.\n",
                "qgactl: db2: It is not suspended.\n  Leave it.\n"
            ),
            table
        );
        Assert.Equal(ExitCodes.Partial, json.Code);
        using var all = System.Text.Json.JsonDocument.Parse(json.Out);
        Assert.Equal(["running", "It is not suspended."], all.RootElement.GetProperty("items").EnumerateArray()
            .Select(vm => vm.GetProperty("error").GetString() ?? vm.GetProperty("result").GetProperty("runState").GetString()));
    }

    [Fact]
    public async Task A_password_for_several_goes_to_each_and_into_no_run()
    {
        var node = TwoVms.OfTwo();
        foreach (var vm in (string[])["db1", "db2"])
            node.Answers($"POST /v1/vms/{vm}/agent/guest-set-user-password", """{"return":{}}""");

        var ended = await Qga.RunAsync(node, ["vm", "passwd", "root", "--select", "app=db", "--yes"], host =>
            host with { In = new StringReader("hunter2\n") }
        );

        Assert.Equal(new Ended(0, "The password of root in db1 is set.\nThe password of root in db2 is set.\n", ""), ended);
        Assert.Equal(
            2,
            node.Requests.Count(asked => asked.Body == """{"username":"root","password":"aHVudGVyMg==","crypted":false}""")
        );
        Assert.DoesNotContain(node.Requests, asked => asked.Route == "POST /v1/runs");
    }
}
