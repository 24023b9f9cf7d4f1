using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>The commands for people: each is one agent command, on a VM or, as a run, on a selection; what changes a guest
/// asks.</summary>
public sealed class GuestCommandTests : IDisposable
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBNiYfDJAlB4pVV8QMef7dhXShqH8phYohp6jTmamZLl alice@desk";

    private readonly string _folder = Directory.CreateTempSubdirectory("qga-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Keys
    {
        get
        {
            var file = Path.Combine(_folder, "keys");
            File.WriteAllText(file, $"# mine\n{Key}\n\n");
            return file;
        }
    }

    [Theory]
    [InlineData("trim db1 --yes", "guest-fstrim", "", """{"paths":[{"path":"/","trimmed":1048576,"minimum":0}]}""", "1.0 MiB")]
    [InlineData("trim db1 --yes --minimum 4096", "guest-fstrim", """{"minimum":4096}""", """{"paths":[]}""", "FILE SYSTEM")]
    [InlineData("time db1 --sync --yes", "guest-set-time", "", "{}", "set from its hardware clock")]
    [InlineData(
        "cpus db1",
        "guest-get-vcpus",
        "",
        """[{"logical-id":1,"online":false,"can-offline":true},{"logical-id":0,"online":true,"can-offline":false}]""",
        "CPU  ONLINE  CAN GO OFFLINE\n0    yes     no\n1    no      yes\n"
    )]
    [InlineData(
        "cpus db1 --online 1 2 --offline 3 --yes",
        "guest-set-vcpus",
        """{"vcpus":[{"logical-id":1,"online":true},{"logical-id":2,"online":true},{"logical-id":3,"online":false}]}""",
        "3",
        "3 processors of db1 changed."
    )]
    [InlineData(
        "shutdown db1 --yes",
        "guest-shutdown",
        """{"mode":"powerdown"}""",
        "{},\"completedBy\":\"event\",\"event\":\"SHUTDOWN\"",
        "QEMU reported SHUTDOWN"
    )]
    [InlineData("shutdown db1 --halt --yes", "guest-shutdown", """{"mode":"halt"}""", "{},\"completedBy\":\"port\"", "has ended")]
    [InlineData(
        "reboot db1 --yes",
        "guest-shutdown",
        """{"mode":"reboot"}""",
        "{},\"completedBy\":\"event\",\"event\":\"RESET\"",
        "RESET"
    )]
    [InlineData(
        "suspend db1 ram --yes",
        "guest-suspend-ram",
        "",
        "{},\"completedBy\":\"event\",\"event\":\"SUSPEND\"",
        "SUSPEND"
    )]
    [InlineData("suspend db1 disk --yes", "guest-suspend-disk", "", "{},\"completedBy\":\"port\"", "db1")]
    [InlineData("suspend db1 hybrid --yes", "guest-suspend-hybrid", "", "{},\"completedBy\":\"port\"", "db1")]
    [InlineData(
        "ssh-keys list db1 alice",
        "guest-ssh-get-authorized-keys",
        """{"username":"alice"}""",
        """{"keys":["ssh-ed25519 A a"]}""",
        "ssh-ed25519 A a\n"
    )]
    public async Task Each_guest_command_sends_exactly_one_agent_command(
        string line, string command, string arguments, string returned, string told)
    {
        var node = new FakeNode().Answers($"POST /v1/vms/db1/agent/{command}", $"{{\"return\":{returned}}}");

        var ended = await Qga.RunAsync(node, ["vm", .. line.Split(' ')]);

        Assert.Equal((0, ""), (ended.Code, ended.Error));
        Assert.Equal(arguments, Assert.Single(node.Requests).Body);
        Assert.Contains(told, ended.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("add", "guest-ssh-add-authorized-keys", "")]
    [InlineData("replace", "guest-ssh-add-authorized-keys", ",\"reset\":true")]
    [InlineData("remove", "guest-ssh-remove-authorized-keys", "")]
    public async Task Keys_come_from_a_file_or_from_standard_input(string action, string command, string more)
    {
        var node = new FakeNode().Answers($"POST /v1/vms/db1/agent/{command}", """{"return":{}}""");
        var body = $$"""{"username":"alice","keys":["{{Key}}"]{{more}}}""";

        var ofFile = await Qga.RunAsync(node, ["vm", "ssh-keys", action, "db1", "alice", "--keys", Keys, "--yes"]);
        var ofInput = await Qga.RunAsync(
            node, ["vm", "ssh-keys", "db1", "alice", action, "--yes"], host => host with { In = new StringReader(Key + "\n") });

        Assert.Equal((0, 0), (ofFile.Code, ofInput.Code));
        Assert.Equal([body, body], node.Requests.Select(asked => asked.Body));
    }

    [Theory]
    [InlineData(
        "ssh-keys add alice --keys FILE",
        "guest-ssh-add-authorized-keys",
        """,{"username":"alice","keys":[""" + "\"" + Key + "\"" + """]}"""
    )]
    [InlineData(
        "ssh-keys alice replace --keys FILE",
        "guest-ssh-add-authorized-keys",
        """,{"username":"alice","keys":[""" + "\"" + Key + "\"" + """],"reset":true}"""
    )]
    [InlineData(
        "ssh-keys alice remove --keys FILE",
        "guest-ssh-remove-authorized-keys",
        """,{"username":"alice","keys":[""" + "\"" + Key + "\"" + """]}"""
    )]
    [InlineData("trim", "guest-fstrim", "")]
    [InlineData("time --sync", "guest-set-time", "")]
    [InlineData("cpus", "guest-get-vcpus", "")]
    [InlineData("memory", "guest-get-memory-blocks", "")]
    [InlineData("shutdown", "guest-shutdown", """,{"mode":"powerdown"}""")]
    [InlineData("suspend disk", "guest-suspend-disk", "")]
    [InlineData("call guest-fstrim {\"minimum\":1}", "guest-fstrim", """,{"minimum":1}""")]
    [InlineData("call guest-get-time", "guest-get-time", "")]
    public async Task With_a_selector_a_guest_command_starts_a_run_of_that_command(string line, string command, string arguments)
    {
        var node = FakeNode.OfRun();

        var ended = await Qga.RunAsync(
            node,
            [
                "vm",
                .. line.Replace("FILE", Keys, StringComparison.Ordinal).Split(' '),
                "--select",
                "app=db",
                "--max-parallel",
                "3",
                "--yes",
            ]
        );

        Assert.Equal((0, ""), (ended.Code, ended.Error));
        var given = arguments.Length > 0 ? ",\"arguments\":" + arguments[1..] : "";
        Assert.Equal(
            "{\"kind\":\"command\",\"select\":\"app=db\",\"options\":{\"maxParallel\":3,\"command\":\""
                + command
                + "\""
                + given
                + "}}",
            node.Requests[0].Body
        );
    }

    [Theory]
    [InlineData("shutdown db1", "Power off db1?")]
    [InlineData("reboot --select app=db", "Reboot every VM of app=db?")]
    [InlineData("suspend db1 ram", "Suspend to memory db1?")]
    [InlineData("time db1 --sync", "Set the clock of db1?")]
    [InlineData("cpus db1 --offline 1", "Change the processors of db1?")]
    [InlineData("trim db1", "Trim the file systems of db1?")]
    [InlineData("call guest-shutdown --select *", "Call guest-shutdown in every VM of *?")]
    [InlineData("ssh-keys db1 alice add", "Standard input is for the keys")]
    [InlineData("passwd db1 root", "Standard input is for the password")]
    public async Task Without_a_terminal_a_change_of_a_guest_needs_yes(string line, string question)
    {
        var node = new FakeNode();
        var ended = await Qga.RunAsync(node, ["vm", .. line.Split(' ')]);
        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.Contains(question, ended.Error, StringComparison.Ordinal);
        Assert.Contains("--yes", ended.Error, StringComparison.Ordinal);
        Assert.Empty(node.Requests);
    }

    [Theory]
    [InlineData("shutdown", "'VM' is expected")]
    [InlineData("shutdown db1 db2", "'VM' is expected")]
    [InlineData("shutdown db1 --select app=db", "leave the VM out")]
    [InlineData("suspend db1 deep --yes", "'deep' is not a way to suspend")]
    [InlineData("ssh-keys list db1", "'VM USER' is expected")]
    [InlineData("ssh-keys steal db1 alice", "There is no command 'steal'")]
    [InlineData("ssh-keys db1 alice add --keys /nope --yes", "no file /nope")]
    [InlineData("ssh-keys db1 alice add --yes", "holds no key")]
    [InlineData("passwd db1 root --yes", "holds no password")]
    [InlineData("wake db1 --select app=db", "leave the VM out")]
    [InlineData("cp /etc/hostname /tmp/x --select app=db", "is in a guest")]
    [InlineData("cp /etc/hostname :/tmp/x", "names no VM")]
    [InlineData("cp /etc/hostname db1:/tmp/x --select app=db", "leave the VM out")]
    [InlineData("cpus db1 --online 1 --offline 1 --yes", "named twice")]
    [InlineData("call --select app=db", "'COMMAND'")]
    [InlineData("call db1 guest-ping --max-parallel 3", "--max-parallel: is for a run")]
    [InlineData("trim db1 --dry-run", "--dry-run: is for a run")]
    [InlineData("trim db1 --yes --minimum -5", "--minimum")]
    [InlineData("cpus db1 --yes --offline -1", "-1")]
    [InlineData("call guest-info {} {} --select app=db", "one word too many")]
    public async Task What_cannot_be_meant_ends_with_2(string line, string named)
    {
        var node = new FakeNode();
        var ended = await Qga.RunAsync(node, ["vm", .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.Contains(named, ended.Error, StringComparison.Ordinal);
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task A_password_is_taken_from_standard_input_and_shown_nowhere()
    {
        var node = new FakeNode().Answers("POST /v1/vms/db1/agent/guest-set-user-password", """{"return":{}}""");

        var ended = await Qga.RunAsync(node, ["vm", "passwd", "db1", "root", "--crypted", "--yes"], host =>
            host with { In = new StringReader("$6$salt$hash\nmore") }
        );

        Assert.Equal(new Ended(0, "The password of root in db1 is set.\n", ""), ended);
        Assert.Equal("""{"username":"root","password":"JDYkc2FsdCRoYXNo","crypted":true}""", Assert.Single(node.Requests).Body);
    }

    [Fact]
    public async Task What_the_escrow_could_not_be_told_of_is_a_warning_on_standard_error()
    {
        var node = new FakeNode().Answers(
            "POST /v1/vms/db1/agent/guest-set-user-password", """{"return":{},"warnings":["Run qgactl password check."]}""");

        var ended = await Qga.RunAsync(
            node, ["vm", "passwd", "db1", "root", "--yes"], host => host with { In = new StringReader("a password") });

        Assert.Equal(
            new Ended(0, "The password of root in db1 is set.\n", "qgactl: warning: db1: Run qgactl password check.\n"), ended);
    }

    [Theory]
    [InlineData("hunter2")]
    [InlineData("$6$salt")]
    [InlineData("$6$salt$hash:19000:0:99999:7:::")]
    public async Task Text_that_is_no_password_hash_is_refused_and_not_echoed(string line)
    {
        var node = new FakeNode();
        var ended = await Qga.RunAsync(node, ["vm", "passwd", "db1", "root", "--crypted", "--yes"], host =>
            host with { In = new StringReader(line + "\n") }
        );
        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.DoesNotContain(line, ended.Error, StringComparison.Ordinal);
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task A_line_that_is_no_key_is_named_by_its_place_and_not_repeated()
    {
        var node = new FakeNode();
        var ended = await Qga.RunAsync(node, ["vm", "ssh-keys", "db1", "alice", "add", "--yes"], host =>
            host with { In = new StringReader($"# mine\n{Key}\nhunter2\n") }
        );
        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.Contains("Standard input, line 3: that is no key", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", ended.Error, StringComparison.Ordinal);
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task Any_line_can_be_removed_from_the_file_of_keys()
    {
        var node = new FakeNode().Answers("POST /v1/vms/db1/agent/guest-ssh-remove-authorized-keys", """{"return":{}}""");
        var ended = await Qga.RunAsync(
            node, ["vm", "ssh-keys", "db1", "alice", "remove", "--yes"], host => host with { In = new StringReader("hello\n") });
        Assert.Equal((0, """{"username":"alice","keys":["hello"]}"""), (ended.Code, Assert.Single(node.Requests).Body));
    }

    [Fact]
    public async Task Secrets_of_a_call_go_into_no_run_whatever_they_come_from()
    {
        var node = new FakeNode();
        var ended = await Qga.RunAsync(node, ["vm", "call", "guest-set-user-password", "-", "--select", "*", "--yes"],
            host => host with { In = new StringReader("""{"username":"root","password":"aHVudGVyMg==","crypted":false}""") });
        Assert.Equal(ExitCodes.Usage, ended.Code);
        Assert.DoesNotContain("aHVudGVyMg", ended.Error, StringComparison.Ordinal);
        Assert.Empty(node.Requests);
    }

    [Fact]
    public async Task A_processor_that_cannot_be_changed_is_named()
    {
        var node = new FakeNode().Answers("POST /v1/vms/db1/agent/guest-set-vcpus", """{"return":1}""");
        var ended = await Qga.RunAsync(node, ["vm", "cpus", "db1", "--offline", "1", "0", "--yes"]);
        Assert.Equal(ExitCodes.Partial, ended.Code);
        Assert.Contains("processor 0 cannot be changed; 1 of 2 were", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shutdown_without_a_visible_effect_is_no_success()
    {
        var node = new FakeNode().Answers("POST /v1/vms/db1/agent/guest-shutdown", """{"return":{},"completedBy":"timeout"}""");
        Assert.Equal(ExitCodes.Failed, (await Qga.RunAsync(node, ["vm", "shutdown", "db1", "--yes"])).Code);
    }

    [Theory]
    [InlineData(
        """{"command":"guest-fstrim","arguments":{"minimum":1},"maxParallel":50,"maxFailures":0}""",
        "command",
        "command guest-fstrim {\"minimum\":1} of app=db"
    )]
    [InlineData(
        """{"path":"sh","args":["-c","echo it's; exit 7"],"maxParallel":5}""",
        "exec",
        "exec sh -c 'echo it'\\''s; exit 7' of app=db --max-parallel 5"
    )]
    public async Task A_runs_story_says_what_it_does(string options, string kind, string told)
    {
        var node = FakeNode.OfRun(
            $$"""{"id":"r1","kind":"{{kind}}","select":"app=db","state":"succeeded","items":{"total":0,"succeeded":0,"""
                + $$""" "failed":0,"unreachable":0,"unknown":0,"pending":0,"running":0,"cancelled":0},"""
                + $$""" "options":{{options}},"startedAt":"2026-11-23T12:00:00Z"}"""
        );
        var ended = await Qga.RunAsync(node, ["run", "show", "r1"]);
        Assert.Contains(told, ended.Out, StringComparison.Ordinal);
    }
}
