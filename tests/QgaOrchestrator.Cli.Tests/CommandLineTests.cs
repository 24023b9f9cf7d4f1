using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>What cannot be meant ends with 2, says what is wrong, and asks no node.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("", "A command is missing: vm, backup, password, escrow, run")]
    [InlineData("vm", "A command is missing: list, show")]
    [InlineData("frobnicate", "'frobnicate'")]
    [InlineData("vm show", "'VM'")]
    [InlineData("vm call db1", "'COMMAND'")]
    [InlineData("vm call db1 guest-info []", "not a JSON object")]
    [InlineData("vm call db1 guest-info {", "not JSON")]
    [InlineData("vm call db1 guest-ping {} --timeout 5", "--timeout")]
    [InlineData(
        "vm call db1 guest-set-user-password {\"password\":\"aHVudGVyMg==\"}",
        "password of guest-set-user-password is secret"
    )]
    [InlineData("backup run --max-parallel many", "--max-parallel: 'many'")]
    [InlineData("backup run --max-failures 101%", "--max-failures: '101%'")]
    [InlineData("backup run --bandwidth fast", "--bandwidth: 'fast'")]
    [InlineData("backup run --bandwidth 0", "--bandwidth: '0'")]
    [InlineData("backup run --soak 10x", "--soak: '10x'")]
    [InlineData("backup run --soak 0m", "--soak: '0m'")]
    [InlineData("run list --since yesterday", "--since: 'yesterday' is not a time, as in 2027-01-31 or 2h")]
    [InlineData("run list --state fialed", "--state: there is no 'fialed'. Did you mean failed?")]
    [InlineData("vm lst", "There is no command 'lst'.\n  Did you mean list?")]
    [InlineData("vm show db1 --outptu json", "There is no option '--outptu'.\n  Did you mean --output?")]
    [InlineData("vm trim db1 --selct app=db", "There is no option '--selct'.\n  Did you mean --select?")]
    [InlineData("run command guest-info", "--select")]
    [InlineData("backup run --deadline 99:99:99", "--deadline: '99:99:99'")]
    [InlineData("backup run --soak 00:00:00", "--soak: '00:00:00'")]
    [InlineData("backup run --soak -00:05:00", "-00:05:00")]
    [InlineData("backup run --soak 00:05:00\n", "--soak: '00:05:00 '")]
    [InlineData("backup run --deadline NaN", "--deadline: 'NaN'")]
    [InlineData("backup run --deadline 1e300", "--deadline: '1e300'")]
    [InlineData("backup run --deadline 10675199.02:48:05.4775807", "--deadline: '10675199.02:48:05.4775807'")]
    [InlineData("backup run --max-parallel 99999999999", "--max-parallel: '99999999999'")]
    [InlineData("backup run --max-parallel -1", "-1")]
    [InlineData("backup run --bandwidth 9223372036854775807G", "--bandwidth: '9223372036854775807G'")]
    [InlineData("vm call db1 guest-ping {} --lease 00:00:00", "--lease: '00:00:00'")]
    [InlineData("audit --limit 0", "--limit")]
    [InlineData("audit --limit 1e300", "--limit")]
    [InlineData("vm cp db1:/a b --mode 0644\n", "--mode")]
    [InlineData("backup run --waves 10%,x", "--waves: 'x'")]
    [InlineData("backup run --max-parallel-per-label app", "--max-parallel-per-label: 'app'")]
    [InlineData("backup run --maxParallel 5", "--maxParallel")]
    [InlineData("backup run --target points", "--target: 'points'")]
    [InlineData("run show", "'ID'")]
    [InlineData("run watch", "'ID'")]
    [InlineData("run abort", "'ID'")]
    [InlineData("run pause", "'ID'")]
    [InlineData("run resume", "'ID'")]
    [InlineData("run retry a b", "'b'")]
    [InlineData("run list -o xml", "xml")]
    [InlineData("point show", "'ID'")]
    [InlineData("point restore p1", "--to")]
    [InlineData("point verify ./nowhere/point.json", "./nowhere/point.json")]
    [InlineData("thaw --force", "name the VM")]
    [InlineData("thaw db1 --force --offline", "--offline")]
    [InlineData("token add", "'NAME'")]
    [InlineData("token add ci", "--role")]
    [InlineData("token add ci --role root", "'root'")]
    [InlineData("token add ci --role viewer --expires 18:00", "--expires: '18:00' is not a time, as in 2027-01-31")]
    [InlineData("token revoke", "'NAME'")]
    public async Task Bad_input_ends_with_2_and_names_what_is_wrong(string line, string named)
    {
        var node = new FakeNode();

        var ended = await Qga.RunAsync(node, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.Contains(named, ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
        Assert.Empty(node.Requests);
    }

    [Theory]
    [InlineData("30:00:00", "1.06:00:00")]
    [InlineData("1.06:00:00", "1.06:00:00")]
    [InlineData("0:05:00.5", "00:05:00.5000000")]
    [InlineData("10m", "00:10:00")]
    [InlineData("1h30m", "01:30:00")]
    [InlineData("2d", "2.00:00:00")]
    [InlineData("90s", "00:01:30")]
    [InlineData("500ms", "00:00:00.5000000")]
    public async Task A_duration_is_a_clock_or_numbers_with_units(string given, string told)
    {
        var node = new FakeNode().Answers("POST /v1/runs", Answers.Run("waiting"));
        await Qga.RunAsync(node, ["backup", "run", "--detach", "--soak", given]);
        Assert.Contains($"\"soak\":\"{told}\"", Assert.Single(node.Requests).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_argument_is_refused_unrepeated_and_taken_from_standard_input()
    {
        const string arguments = """{"username":"root","password":"aHVudGVyMg=="}""";
        var node = new FakeNode().Answers("POST /v1/vms/db1/agent/guest-set-user-password", """{"return":{}}""");

        var refused = await Qga.RunAsync(node, ["vm", "call", "db1", "guest-set-user-password", arguments]);
        var taken = await Qga.RunAsync(
            node, ["vm", "call", "db1", "guest-set-user-password", "-"], host => host with { In = new StringReader(arguments) });

        Assert.DoesNotContain("aHVudGVyMg", refused.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Done, taken.Code);
        Assert.Equal(arguments, Assert.Single(node.Requests).Body);
    }

    [Fact]
    public async Task Every_option_of_a_run_reaches_the_node_as_its_member_and_nothing_else_does()
    {
        var node = new FakeNode().Answers("POST /v1/runs", Answers.Run("waiting"));

        var ended = await Qga.RunAsync(
            node,
            (
                "backup run --select app=db --detach --method full --target /points --consistency prefer "
            + "--group-by shop --bandwidth 50M --max-parallel 7 --max-parallel-per-host 2 --max-parallel-per-label app=2,env=3 "
            + "--max-failures 10% --max-unreachable 4 --canary 1 --waves 10%,50% --soak 00:10:00 --deadline 08:00:00 --dry-run"
            ).Split(' ')
        );

        Assert.Equal((ExitCodes.Done, "Run r1 is waiting, of 2 VMs. Watch it: qgactl run watch r1\n"), (ended.Code, ended.Out));
        Assert.Equal("""
            {"kind":"backup","select":"app=db","options":{"method":"full","target":"/points","consistency":"prefer",
            "groupBy":"shop","bandwidth":52428800,"maxParallel":7,"maxParallelPerHost":2,"maxParallelPerLabel":{"app":2,"env":3},
            "maxFailures":"10%","maxUnreachable":4,"canary":1,"waves":["10%","50%"],"soak":"00:10:00","deadline":"08:00:00",
            "dryRun":true}}
            """.ReplaceLineEndings(""), Assert.Single(node.Requests).Body);
    }

    [Theory]
    [InlineData("pause", "/pause")]
    [InlineData("resume", "/resume")]
    [InlineData("abort", "/abort")]
    [InlineData("abort --wait", "/abort?wait=true")]
    [InlineData("retry", "/retry")]
    public async Task A_run_is_steered_by_its_routes(string command, string route)
    {
        var node = new FakeNode().Answers($"POST /v1/runs/r1{route}", Answers.Run("running"));

        var ended = await Qga.RunAsync(node, ["run", .. command.Split(' '), "r1"]);

        Assert.Equal(ExitCodes.Done, ended.Code);
        Assert.Contains("Run r1 is running", ended.Out, StringComparison.Ordinal);
    }
}
