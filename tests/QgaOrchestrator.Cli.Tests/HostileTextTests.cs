using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>
/// Every command of qgactl against a node whose every text is hostile: what is printed moves no cursor, forges no line, and is
/// JSON where that was asked for. Bytes that are asked for as they are (exec, cp, results --vm) stay as they are.
/// </summary>
public sealed class HostileTextTests
{
    /// <summary>What each command needs; a new one has a line here, or
    /// <see cref="Every_command_is_tried_with_hostile_text"/> fails.</summary>
    private static readonly Dictionary<string, string> Words = new()
    {
        ["vm list"] = "",
        ["vm show"] = "vm1",
        ["vm call"] = "vm1 guest-get-devices",
        ["vm exec"] = "vm1 -- /bin/true",
        ["vm info"] = "vm1",
        ["vm trim"] = "vm1 --yes",
        ["vm time"] = "vm1",
        ["vm cpus"] = "vm1",
        ["vm memory"] = "vm1",
        ["vm shutdown"] = "vm1 --yes",
        ["vm reboot"] = "vm1 --yes",
        ["vm suspend"] = "vm1 ram --yes",
        ["vm wake"] = "vm1",
        ["vm passwd"] = "vm1 root --yes",
        ["vm ssh-keys list"] = "vm1 root",
        ["vm ssh-keys add"] = "vm1 root --yes",
        ["vm ssh-keys remove"] = "vm1 root --yes",
        ["vm ssh-keys replace"] = "vm1 root --yes",
        ["vm cp"] = "vm1:/etc/motd /nonexistent/motd",
        ["vm hook status"] = "vm1",
        ["vm hook install"] = "vm1",
        ["backup run"] = "--select *",
        ["backup check"] = "--select *",
        ["password reset"] = "--select * --user root --yes",
        ["password check"] = "--select *",
        ["password show"] = "vm1 root --reason why --key-command false",
        ["password history"] = "vm1 root",
        ["password ages"] = "--never",
        ["password export"] = "/nonexistent/escrow.json --reason why",
        ["password checkout"] = "vm1 root --reason why --key-command false",
        ["password checkin"] = "vm1 root",
        ["escrow init"] = "anna --to /nonexistent --passphrase-file /nonexistent/passphrase",
        ["escrow add"] = "anna /nonexistent/anna.pem",
        ["escrow list"] = "",
        ["escrow remove"] = "anna --yes",
        ["escrow rewrap"] = "--key-command false",
        ["escrow test"] = "--key-command false",
        ["run list"] = "",
        ["run show"] = "r1",
        ["run watch"] = "r1",
        ["run results"] = "r1",
        ["run pause"] = "r1",
        ["run resume"] = "r1",
        ["run abort"] = "r1",
        ["run retry"] = "r1",
        ["run command"] = "guest-info --select *",
        ["point list"] = "",
        ["point show"] = "p1",
        ["point verify"] = "p1",
        ["point restore"] = "p1 --to /nonexistent",
        ["point delete"] = "p1 --yes",
        ["thaw"] = "vm1",
        ["host list"] = "",
        ["host show"] = "hv1",
        ["host drain"] = "hv1",
        ["host undrain"] = "hv1",
        ["host forget"] = "hv1",
        ["token add"] = "n --role viewer",
        ["token list"] = "",
        ["token revoke"] = "n",
        ["audit"] = "",
        ["audit verify"] = "",
        ["support-dump"] = "--to /nonexistent/dump.tar.gz",
        ["context add"] = "n",
        ["context use"] = "n",
        ["context list"] = "",
        ["context remove"] = "n",
        ["completion"] = "bash",
    };

    public static TheoryData<string> Commands { get; } = [.. Words.Keys];

    [Fact]
    public void Every_command_is_tried_with_hostile_text() =>
        Assert.Equal(
            Leaves(
                    Qgactl.Build(new CliHost(TextReader.Null, TextWriter.Null, TextWriter.Null, _ => null, TimeProvider.System)),
                    ""
                )
                .Order(),
            Words.Keys.Order()
        );

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task No_command_prints_what_moves_a_cursor_or_forges_a_line(string command)
    {
        foreach (var refuses in new[] { false, true })
        {
            var table = await RunAsync(command, HostileNode.Text, refuses);
            AssertPlain(table.Out + table.Error);
            Assert.NotEqual("", table.Out + table.Error);

            var json = await RunAsync(command, HostileNode.Text, refuses, "-o", "json");
            AssertPlain(json.Out + json.Error);
            if (json.Out.StartsWith('{')) JsonDocument.Parse(json.Out).Dispose();
        }
    }

    [Theory]
    [InlineData("vm list --select *")]
    [InlineData("vm info --select *")]
    [InlineData("run results r1 --merge-identical")]
    [InlineData("vm ssh-keys list vm1 root")]
    public async Task No_output_format_prints_control_characters_of_a_guest(string line)
    {
        var ended = await RunAsync("", HostileNode.Text, refuses: false, line.Split(' '));
        AssertPlain(ended.Out + ended.Error);
        Assert.NotEqual("", ended.Out);
    }

    [Fact]
    public async Task A_JSON_text_has_the_same_value_by_its_escapes()
    {
        var ended = await RunAsync("vm show", HostileNode.Text, refuses: false, "-o", "json");
        Assert.Equal(
            HostileNode.Text, JsonDocument.Parse(ended.Out).RootElement.GetProperty("guest").GetProperty("hostName").GetString());
    }

    [Fact]
    public async Task Half_a_surrogate_pair_of_a_return_is_shown_as_no_character()
    {
        var ended = await RunAsync("vm call", "x", refuses: false);
        Assert.Equal("\uFFFD", JsonDocument.Parse(ended.Out).RootElement.GetProperty("a")[1].GetString());
    }

    [Theory]
    [InlineData("vm list")]
    [InlineData("vm show")]
    [InlineData("run show")]
    [InlineData("audit")]
    public async Task A_text_of_a_mebibyte_is_cut_in_tables_and_clean_everywhere(string command)
    {
        var ended = await RunAsync(command, HostileNode.Text + new string('y', 1 << 20), refuses: false);
        AssertPlain(ended.Out + ended.Error);
        if (command is "vm list" or "audit") Assert.All(ended.Out.Split('\n'), line => Assert.InRange(line.Length, 0, 64 * 1024));
    }

    [Fact]
    public async Task A_live_view_draws_nothing_but_its_own_sequences()
    {
        var ended = await RunAsync("run watch", HostileNode.Text, refuses: false, host => host with { IsTerminal = true });
        var rest = Regex.Replace(ended.Out, "\u001b\\[(\\?25[lh]|2K|J|[0-9]+m)|\u001b\\[[0-9]+A\r", "");
        Assert.NotEqual(ended.Out, rest);
        AssertPlain(rest);
    }

    [Fact]
    public async Task Output_of_a_process_is_not_altered()
    {
        var said = Convert.ToBase64String(Encoding.UTF8.GetBytes(HostileNode.Text));
        var node = new FakeNode()
            .Answers("POST /v1/vms/db1/agent/guest-exec", """{"return":{"pid":42}}""")
            .Answers(
                "POST /v1/vms/db1/agent/guest-exec-status",
                $$"""{"return":{"exited":true,"exitcode":0,"out-data":"{{said}}"} }"""
            );
        var ended = await Qga.RunAsync(null, ["vm", "exec", "--api", "http://node:7070", "db1", "--", "/bin/x"], host =>
            host with
            {
                Handler = node,
                Time = TimeProvider.System,
            }
        );
        Assert.Equal(HostileNode.Text, ended.Out);
    }

    [Theory]
    [InlineData("guest-get-fsinfo", """[{"name":"a","mountpoint":"/","type":"ext4","disk":{} }]""")]
    [InlineData("guest-get-load", """{"load1m":"a lot"}""")]
    [InlineData("guest-get-timezone", """{"offset":9223372036854775807}""")]
    [InlineData("guest-get-users", """[{"user":"a","login-time":1e300}]""")]
    [InlineData("guest-get-disks", "[null]")]
    [InlineData("guest-network-get-interfaces", """[{"name":"\ud800"}]""")]
    public async Task An_answer_that_is_not_understood_costs_the_guests_screen_one_line(string command, string reply)
    {
        var node = new FakeNode();
        foreach (var (asked, answer) in Told)
            node.Answers($"POST /v1/vms/db1/agent/{asked}", $"{{\"return\":{(asked == command ? reply : answer)}}}");
        node.Answers(
            "GET /v1/vms?select=%2A",
            """{"items":[{"name":"db1","id":"h/db1","uuid":null,"host":"h","labels":{},"agent":{"state":"ready","""
                + """ "version":null},"frozen":false}],"next":null}"""
        );
        var (table, json, several) = (
            await Qga.RunAsync(node, ["vm", "info", "db1"]),
            await Qga.RunAsync(node, ["vm", "info", "db1", "-o", "json"]),
            await Qga.RunAsync(node, ["vm", "info", "--select", "*"])
        );
        Assert.Equal((0, 0, 0), (table.Code, json.Code, several.Code));
        Assert.Contains($"{command}: the agent's reply was not understood", table.Out, StringComparison.Ordinal);
        Assert.Contains("Host name     web1\n", table.Out, StringComparison.Ordinal);
        Assert.Equal(Told.Count - 1, JsonDocument.Parse(json.Out).RootElement.GetProperty("told").EnumerateObject().Count());
        Assert.Contains("web1", several.Out, StringComparison.Ordinal);
    }

    private static readonly Dictionary<string, string> Told = new()
    {
        ["guest-get-host-name"] = """{"host-name":"web1"}""",
        ["guest-get-osinfo"] = """{"name":"Debian"}""",
        ["guest-get-timezone"] = """{"offset":0}""",
        ["guest-get-load"] = """{"load1m":1,"load5m":1,"load15m":1}""",
        ["guest-get-users"] = "[]",
        ["guest-network-get-interfaces"] = "[]",
        ["guest-get-disks"] = "[]",
        ["guest-get-fsinfo"] = "[]",
    };

    [Theory]
    [InlineData("vm time db1", "guest-get-time", "\"late\"")]
    [InlineData("vm trim db1 --yes", "guest-fstrim", "[]")]
    [InlineData("vm cpus db1", "guest-get-vcpus", "{}")]
    [InlineData("vm exec db1 -- /bin/true", "guest-exec", """{"pid":"one"}""")]
    public async Task A_command_whose_answer_is_not_understood_fails_with_what_came_and_what_to_do(
        string line, string command, string reply)
    {
        var node = new FakeNode().Answers($"POST /v1/vms/db1/agent/{command}", $"{{\"return\":{reply}}}");
        string[] words = line.Split(' ');
        var ended = await Qga.RunAsync(
            null, [.. words[..2], "--api", "http://node:7070", .. words[2..]], host => host with { Handler = node });
        Assert.Equal(words[1] == "exec" ? 125 : 1, ended.Code);
        Assert.StartsWith("qgactl: the agent's reply was not understood", ended.Error, StringComparison.Ordinal);
        Assert.Contains("update its qemu-ga", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Guest_text_is_one_line_and_only_qgactl_redraws_the_terminal()
    {
        var to = new StringWriter { NewLine = "\n" };
        var plain = PlainWriter.Over(to);
        plain.WriteLine("a\nb\u001b[1m");
        plain.Write("c\nd\u202e\n");
        plain.Write('\a');
        PlainWriter.Under(plain).Write("\u001b[J");
        Assert.Equal("a b\uFFFD[1m\nc\nd\uFFFD\n\uFFFD\u001b[J", to.ToString());
        Assert.Same(plain, PlainWriter.Over(plain));
    }

    private static Task<Ended> RunAsync(string command, string text, bool refuses, params string[] more) =>
        RunAsync(command, text, refuses, host => host, more);

    private static Task<Ended> RunAsync(
        string command, string text, bool refuses, Func<CliHost, CliHost> host, params string[] more)
    {
        string[] words = command.Length == 0 ? [] : Words[command].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (before, after) = words.Contains("--") ? (more, words) : (words, more);
        return Qga.RunAsync(
            null,
            [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. before, "--api", "http://node:7070", .. after],
            outside => host(outside with { In = new StringReader("secret\n"), Handler = new HostileNode(text, refuses) })
        );
    }

    private static void AssertPlain(string printed)
    {
        Assert.DoesNotContain(printed.EnumerateRunes(), rune => rune.Value != '\n' && !ForeignText.IsPlain(rune));
        Assert.DoesNotContain(printed.Split('\n'), line => line.StartsWith("forged", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Leaves(Command command, string path) =>
    [
        .. command.Action is null ? [] : (string[])[path],
        .. command.Subcommands.SelectMany(below => Leaves(below, $"{path} {below.Name}".Trim())),
    ];
}
