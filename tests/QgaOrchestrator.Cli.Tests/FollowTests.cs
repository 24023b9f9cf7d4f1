using System.IO.Pipelines;
using System.Text;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>A run that is followed: its lines, its table, its end.</summary>
public sealed class FollowTests
{
    private static FakeNode Node(string state, int succeeded, int failed, params string[] items)
    {
        var node = new FakeNode()
            .Answers("POST /v1/runs", Answers.Run("waiting"))
            .Streams("GET /v1/runs/r1/events",
                Answers.Event("run", Answers.Run("running", running: 2), "1")
                + Answers.Event("progress", """
                    {"at":"2026-11-23T12:00:01Z","items":[
                    {"vm":"db1","index":0,"step":"copy","frozenMs":null,"copied":1073741824,"total":2147483648},
                    {"vm":"db2","index":1,"step":"window","frozenMs":1400,"copied":0,"total":0}],
                    "copied":1073741824,"total":2147483648,"rate":104857600,"secondsLeft":70}
                    """)
                + Answers.Event("weather", """{"sunny":true}""")
                + string.Concat(items.Select((item, index) => Answers.Event("item", item, $"{index + 2}")))
                + Answers.Event("run", Answers.Run(state, succeeded: succeeded, failed: failed), "9"))
            .Answers("GET /v1/runs/r1", Answers.Run(state, succeeded: succeeded, failed: failed))
            .Answers("GET /v1/runs/r1/items", Answers.Page(items));
        return node;
    }

    [Fact]
    public async Task A_log_gets_a_line_for_each_event_that_matters_and_the_table()
    {
        var ended = await Qga.RunAsync(Node("partial", 1, 1, Answers.Good, Answers.Bad), ["backup", "run"]);

        Assert.Equal(ExitCodes.Partial, ended.Code);
        const string copied = "copied 1.0 GiB of 2.0 GiB at 100 MiB/s, frozen now: db2 1.40 s, 1 min 10 s left";
        Assert.Equal($"""
            2026-11-23T12:00:00Z backup r1 running
            2026-11-23T12:00:00Z 0/2 done, 2 running, {copied}
            2026-11-23T12:00:00Z db1 succeeded: frozen for 0.31 s, class filesystem, 2.0 GiB
            2026-11-23T12:00:00Z db2 failed in window: {Answers.Hangs} Look at the guest's freeze hooks, then retry.
            2026-11-23T12:00:00Z backup r1 partial
            VM   RESULT     FROZEN FOR  CLASS       SIZE     REASON
            db1  succeeded  0.31 s      filesystem  2.0 GiB  -
            db2  failed     -           -           -        {Answers.Hangs}

            db2 failed in window: The guest did not answer to freeze within 30 s: a hook
              or a file system in it hangs.
              Look at the guest's freeze hooks, then retry.

            Run r1 partial: 1 of 2 succeeded, 1 failed, 2.0 GiB, in 3 min 12 s.
            Retry the VM that did not succeed: qgactl run retry r1

            """, ended.Out);
    }

    [Fact]
    public async Task What_a_node_warns_of_at_the_start_of_a_run_is_told_on_standard_error()
    {
        const string warned = "The escrow has one recipient only. Add a second: qgactl escrow add NAME FILE.";
        var node = Node("succeeded", 2, 0, Answers.Good)
            .Instead("POST /v1/runs", $$"""{"warnings":["{{warned}}"],{{Answers.Run("waiting").TrimStart()[1..]}}""");

        var ended = await Qga.RunAsync(node, ["backup", "run"]);

        Assert.Equal((ExitCodes.Done, $"qgactl: warning: {warned}\n"), (ended.Code, ended.Error));
    }

    [Theory]
    [InlineData("succeeded", ExitCodes.Done)]
    [InlineData("partial", ExitCodes.Partial)]
    [InlineData("failed", ExitCodes.Failed)]
    [InlineData("aborted", ExitCodes.Failed)]
    public async Task Qgactl_exits_as_the_run_ended(string state, int code)
    {
        Assert.Equal(code, (await Qga.RunAsync(Node(state, 2, 0, Answers.Good), ["run", "watch", "r1"])).Code);
    }

    [Fact]
    public async Task With_json_standard_output_holds_only_the_run_and_its_items()
    {
        var ended = await Qga.RunAsync(Node("succeeded", 2, 0, Answers.Good), ["run", "watch", "r1", "-o", "json"]);

        using var document = System.Text.Json.JsonDocument.Parse(ended.Out);
        Assert.Equal("succeeded", document.RootElement.GetProperty("run").GetProperty("state").GetString());
        Assert.Equal(312, document.RootElement.GetProperty("items")[0].GetProperty("frozenMs").GetInt64());
        Assert.Contains("db1 succeeded", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_is_redrawn_and_left_with_the_table_alone()
    {
        var ended = await Qga.RunAsync(
            Node("succeeded", 2, 0, Answers.Good), ["run", "watch", "r1"], host => host with { IsTerminal = true });

        Assert.Contains("frozen now (1): db2 1.40 s", ended.Out, StringComparison.Ordinal);
        var last = ended.Out[ended.Out.LastIndexOf("\e[?25h", StringComparison.Ordinal)..];
        Assert.StartsWith("\e[?25h\e[1mVM\e[0m   \e[1mRESULT\e[0m", last, StringComparison.Ordinal);
        Assert.Contains("\e[32msucceeded\e[0m", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task To_interrupt_detaches_and_says_how_to_watch_again()
    {
        var events = new Pipe();
        await events.Writer.WriteAsync(Encoding.UTF8.GetBytes(Answers.Event("run", Answers.Run("running", running: 2), "1")));
        var node = new FakeNode().Answers(
            "GET /v1/runs/r1/events", () => new HttpResponseMessage { Content = new StreamContent(events.Reader.AsStream()) });
        using var interrupt = new CancellationTokenSource();

        var ended = await Qga.RunAsync(
            node,
            ["run", "watch", "r1"],
            host => host with { Out = new Tripwire(host.Out, "running", interrupt) },
            interrupt.Token
        );

        Assert.Equal(ExitCodes.Done, ended.Code);
        const string detached = "Detached: the run continues. Watch it again: qgactl run watch r1\n";
        Assert.EndsWith(detached, ended.Out, StringComparison.Ordinal);
    }

    /// <summary>Interrupts when a word is written.</summary>
    private sealed class Tripwire(TextWriter to, string word, CancellationTokenSource interrupt) : TextWriter
    {
        public override Encoding Encoding => to.Encoding;

        public override void Write(char value) => to.Write(value);

        public override void WriteLine(string? value)
        {
            to.WriteLine(value);
            if (value!.Contains(word, StringComparison.Ordinal))
                interrupt.Cancel();
        }
    }
}
