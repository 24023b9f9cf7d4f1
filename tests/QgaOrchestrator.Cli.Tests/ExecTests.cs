using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>vm exec of one VM, without --stream, and what a run's processes said.</summary>
public sealed class ExecTests
{
    private const string Start = "POST /v1/vms/db1/agent/guest-exec", Status = "POST /v1/vms/db1/agent/guest-exec-status";

    private static readonly byte[] NoText = [0, 0xFF, (byte)'x', (byte)'\n', 0xC3];

    [Fact]
    public async Task A_process_input_output_and_exit_code_are_passed_through_unchanged()
    {
        var node = Node(
            """{"return":{"exited":false}}""",
            $$$"""{"return":{"exited":true,"exitcode":3,"out-data":"{{{Convert.ToBase64String(NoText)}}}","""
                + $$$""" "err-data":"{{{Convert.ToBase64String(NoText)}}}"}}"""
        );
        using var output = new MemoryStream();
        using var error = new MemoryStream();

        var ended = await RunAsync(
            node, ["--stdin"], ["cat"], host => host with { Bytes = (new MemoryStream(NoText), output, error) });

        Assert.Equal(3, ended.Code);
        Assert.Equal(
            $$"""{"path":"cat","input-data":"{{Convert.ToBase64String(NoText)}}","capture-output":true}""",
            node.Requests[0].Body
        );
        Assert.Equal(NoText, output.ToArray());
        Assert.Equal(NoText, error.ToArray());
    }

    [Fact]
    public async Task A_process_whose_caller_leaves_goes_on_and_its_pid_is_told()
    {
        using var interrupt = new CancellationTokenSource();
        var node = new FakeNode().Answers(Start, """{"return":{"pid":42}}""").Answers(Status, () =>
        {
            interrupt.Cancel();
            throw new OperationCanceledException();
        });

        var ended = await RunAsync(node, [], ["sleep", "9"], cancel: interrupt.Token);

        Assert.Equal(
            new Ended(
                125,
                "",
                "qgactl: interrupted: sleep keeps running in the guest as pid 42.\n  End it: qgactl vm exec db1 -- kill 42\n"
            ),
            ended
        );
    }

    [Fact]
    public async Task A_process_that_does_not_end_in_time_goes_on_and_its_pid_is_told()
    {
        var ended = await RunAsync(Node("""{"return":{"exited":false}}"""), ["--timeout", "00:00:10"], ["sleep", "99"]);
        Assert.Equal(125, ended.Code);
        const string told = "did not end within 00:00:10; it keeps running in the guest as pid 42";
        Assert.Contains(told, ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vm exec db1 -- id", "No running node is found")]
    [InlineData("vm exec db1 --api http://node:7070 --token-file /nope -- id", "There is no token file /nope")]
    [InlineData("vm exec db1 --config /nope.json -- id", "There is no config file /nope.json")]
    [InlineData("vm exec db1 --api nonsense -- id", "not an http address")]
    [InlineData("vm exec db1", "Name the VM and the command")]
    [InlineData("vm exec db1 --timeout soon -- id --select", "--timeout: 'soon'")]
    [InlineData("vm exec db1 --timeout 9999999.00:00:00 -- true", "--timeout: '9999999.00:00:00'")]
    [InlineData("vm exec db1 --env FOO -- id", "'FOO' is not as in NAME=VALUE")]
    [InlineData("vm exec db1 --env =x -- id", "'=x' is not as in NAME=VALUE")]
    [InlineData("vm exec db1 --canary 1 -- id", "--canary: is for a run")]
    public async Task Every_failure_of_ours_is_125_since_any_other_code_may_be_the_guests(string line, string told)
    {
        var ended = await Qga.RunAsync(null, line.Split(' '));
        Assert.Equal(ExitCodes.NotTheGuests, ended.Code);
        Assert.Contains(told, ended.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vm exec -s app=db --yes -- id", ExitCodes.Unreachable)]
    [InlineData("vm exec --select app=db --stream -- id", ExitCodes.Usage)]
    public async Task With_select_vm_exec_exits_like_any_run(string line, int code) =>
        Assert.Equal(code, (await Qga.RunAsync(null, line.Split(' '))).Code);

    [Fact]
    public async Task Truncated_output_is_marked()
    {
        var ended = await RunAsync(
            Node("""{"return":{"exited":true,"exitcode":0,"out-data":"aGk=","out-truncated":true}}"""),
            [],
            ["yes"]
        );
        Assert.Equal(new Ended(0, "hi", "qgactl: the output is truncated: the agent keeps 16 MiB\n"), ended);
    }

    [Fact]
    public async Task With_json_exit_code_and_signal_are_separate_members()
    {
        var ended = await RunAsync(
            Node("""{"return":{"exited":true,"signal":9,"out-data":"aGk=","out-truncated":true}}"""),
            ["-o", "json"],
            ["yes"]
        );
        Assert.Equal(137, ended.Code);
        using var told = System.Text.Json.JsonDocument.Parse(ended.Out);
        Assert.Equal(
            """{"vm":"db1","exitCode":null,"signal":9,"out":"hi","err":"","outTruncated":true,"errTruncated":false}""",
            System.Text.Json.JsonSerializer.Serialize(told.RootElement)
        );
    }

    [Fact]
    public async Task A_stream_cannot_be_shown_as_JSON()
    {
        var ended = await RunAsync(new FakeNode(), ["--stream", "-o", "json"], ["yes"]);
        Assert.Equal(ExitCodes.NotTheGuests, ended.Code);
        Assert.Contains("--stream: shows output as it comes", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_of_one_VM_are_its_raw_bytes_and_a_note_of_what_was_dropped()
    {
        var node = new FakeNode()
            .Answers(
                "GET /v1/runs/r1/results?vm=db1",
                Answers.Page(
                    """{"index":0,"vm":"db1","host":"hv1","attempt":1,"state":"succeeded","exitCode":0,"""
                        + """ "streams":{"out":{"bytes":5,"sha256":"x","truncated":true,"text":"?"}}}"""
                )
            )
            .Answers("GET /v1/runs/r1/results/0/out", () => new HttpResponseMessage { Content = new ByteArrayContent(NoText) });
        using var output = new MemoryStream();

        var ended = await Qga.RunAsync(
            node, ["run", "results", "r1", "--vm", "db1"], host => host with { Bytes = (Stream.Null, output, Stream.Null) });

        Assert.Equal(NoText, output.ToArray());
        Assert.Equal(new Ended(0, "", "qgactl: db1: out is cut: the agent keeps 16 MiB of it, and 5 B are here\n"), ended);
    }

    [Fact]
    public async Task Results_of_all_VMs_are_a_line_each_with_first_output_or_failure()
    {
        var node = new FakeNode().Answers("GET /v1/runs/r1/results", Answers.Page(
            """{"index":0,"vm":"db1","host":"hv1","attempt":1,"state":"succeeded","exitCode":0,"""
                + """ "streams":{"out":{"bytes":5,"sha256":"x","truncated":false,"text":"one\ntwo\n"}}}""",
            """{"index":1,"vm":"db2","host":"hv1","attempt":1,"state":"failed","exitCode":3,"""
                + """ "reason":"exit code 3: no such thing","streams":{"out":{"bytes":5,"sha256":"x","truncated":false,"""
                + """ "text":"one\n"}}}""",
            """{"index":2,"vm":"db3","host":"hv1","attempt":1,"state":"succeeded","exitCode":0,"""
                + """ "streams":{"out":{"bytes":0,"sha256":"x","truncated":true,"text":""}}}"""));

        var ended = await Qga.RunAsync(node, ["run", "results", "r1"]);

        Assert.Equal("""
            VM   RESULT     EXIT  OUTPUT
            db1  succeeded  0     one
            db2  failed     3     exit code 3: no such thing
            db3  succeeded  0     (cut)

            """, ended.Out);
    }

    [Fact]
    public async Task Of_a_dry_run_no_results_are_promised()
    {
        var node = FakeNode.OfRun();
        var dry = await Qga.RunAsync(
            null,
            ["vm", "exec", "--select", "*", "--dry-run", "--api", "http://node:7070", "--", "id"],
            host => host with { Handler = node }
        );
        var real = await Qga.RunAsync(
            null,
            ["vm", "exec", "--select", "*", "--yes", "--api", "http://node:7070", "--", "id"],
            host => host with { Handler = node }
        );
        Assert.DoesNotContain("run results", dry.Out, StringComparison.Ordinal);
        Assert.Contains("run results", real.Out, StringComparison.Ordinal);
    }

    private static FakeNode Node(params string[] statuses)
    {
        var node = new FakeNode().Answers(Start, """{"return":{"pid":42}}""");
        foreach (var status in statuses) node.Answers(Status, status);
        return node;
    }

    private static Task<Ended> RunAsync(
        FakeNode node,
        string[] options,
        string[] words,
        Func<CliHost, CliHost>? more = null,
        CancellationToken cancel = default
    ) =>
        Qga.RunAsync(
            null,
            ["vm", "exec", "db1", .. options, "--api", "http://node:7070", "--", .. words],
            host => (more ?? (same => same))(host with { Handler = node, Time = new JumpingTime() }),
            cancel
        );
}
