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
        "ssh-keys db1 alice list",
        "guest-ssh-get-authorized-keys",
        """{"username":"alice"}""",
        """{"keys":["ssh-ed25519 A a"]}""",
        "ssh-ed25519 A a\n"
    )]
    public async Task Each_is_one_agent_command(string line, string command, string arguments, string returned, string told)
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

        var ofFile = await Qga.RunAsync(node, ["vm", "ssh-keys", "db1", "alice", action, "--keys", Keys, "--yes"]);
        var ofInput = await Qga.RunAsync(
            node, ["vm", "ssh-keys", "db1", "alice", action, "--yes"], host => host with { In = new StringReader(Key + "\n") });

        Assert.Equal((0, 0), (ofFile.Code, ofInput.Code));
        Assert.Equal([body, body], node.Requests.Select(asked => asked.Body));
    }

    [Theory]
    [InlineData(
        "ssh-keys alice add --keys FILE",
        "guest-ssh-add-authorized-keys",
        """,{"username":"alice","keys":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBNiYfDJAlB4pVV8QMef7dhXShqH8phYohp6jTmamZLl alice@desk"]}"""
    )]
    [InlineData(
        "ssh-keys alice replace --keys FILE",
        "guest-ssh-add-authorized-keys",
        """,{"username":"alice","keys":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBNiYfDJAlB4pVV8QMef7dhXShqH8phYohp6jTmamZLl alice@desk"],"reset":true}"""
    )]
    [InlineData(
        "ssh-keys alice remove --keys FILE",
        "guest-ssh-remove-authorized-keys",
        """,{"username":"alice","keys":["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBNiYfDJAlB4pVV8QMef7dhXShqH8phYohp6jTmamZLl alice@desk"]}"""
    )]
    [InlineData("trim", "guest-fstrim", "")]
    [InlineData("time --sync", "guest-set-time", "")]
    [InlineData("cpus", "guest-get-vcpus", "")]
    [InlineData("memory", "guest-get-memory-blocks", "")]
    [InlineData("shutdown", "guest-shutdown", """,{"mode":"powerdown"}""")]
    [InlineData("suspend disk", "guest-suspend-disk", "")]
    [InlineData("call guest-fstrim {\"minimum\":1}", "guest-fstrim", """,{"minimum":1}""")]
    [InlineData("call guest-get-time", "guest-get-time", "")]
    public async Task With_a_selector_it_is_a_run_of_that_command(string line, string command, string arguments)
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
    public async Task What_changes_a_guest_is_not_done_where_nobody_can_be_asked(string line, string question)
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
    [InlineData("shutdown db1 --select app=db", "do not name a VM with it")]
    [InlineData("suspend db1 deep --yes", "'deep' is not a way to suspend")]
    [InlineData("ssh-keys db1 alice", "'VM USER list|add|remove|replace' is expected")]
    [InlineData("ssh-keys db1 alice steal", "'steal' is not an action on keys")]
    [InlineData("ssh-keys db1 alice add --keys /nope --yes", "no file /nope")]
    [InlineData("ssh-keys db1 alice add --yes", "holds no key")]
    [InlineData("passwd db1 root --yes", "holds no password")]
    [InlineData("wake db1 --select app=db", "do not name a VM with it")]
    [InlineData("cp /etc/hostname /tmp/x --select app=db", "is in a guest")]
    [InlineData("cp /etc/hostname :/tmp/x", "names no VM")]
    [InlineData("cp /etc/hostname db1:/tmp/x --select app=db", "do not name a VM with it")]
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

    [Theory]
    [InlineData("hunter2")]
    [InlineData("$6$salt")]
    [InlineData("$6$salt$hash:19000:0:99999:7:::")]
    public async Task What_is_no_hash_is_not_set_as_one_and_not_repeated(string line)
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
    public async Task A_shutdown_of_which_nothing_was_seen_is_no_success()
    {
        var node = new FakeNode().Answers("POST /v1/vms/db1/agent/guest-shutdown", """{"return":{},"completedBy":"timeout"}""");
        Assert.Equal(ExitCodes.Failed, (await Qga.RunAsync(node, ["vm", "shutdown", "db1", "--yes"])).Code);
    }

    [Fact]
    public async Task Info_shows_what_the_guest_tells_and_says_what_it_does_not()
    {
        var node = new FakeNode()
            .Answers(
                "POST /v1/vms/db1/agent/guest-get-osinfo",
                """{"return":{"pretty-name":"Debian GNU/Linux 12","kernel-release":"6.1.0","machine":"x86_64"}}"""
            )
            .Answers("POST /v1/vms/db1/agent/guest-get-host-name", """{"return":{"host-name":"db1"}}""")
            .Answers("POST /v1/vms/db1/agent/guest-get-timezone", """{"return":{"zone":"CET","offset":3600}}""")
            .Answers(
                "POST /v1/vms/db1/agent/guest-get-load",
                """{"title":"x","status":422,"code":"agent-error","detail":"The agent does not know it."}""",
                System.Net.HttpStatusCode.UnprocessableEntity
            )
            .Answers("POST /v1/vms/db1/agent/guest-get-users", """{"return":[]}""")
            .Answers(
                "POST /v1/vms/db1/agent/guest-network-get-interfaces",
                """{"return":[{"name":"lo"},{"name":"eth0","ip-addresses":[{"ip-address":"10.0.0.5","ip-address-type":"ipv4","prefix":24}]}]}"""
            )
            .Answers(
                "POST /v1/vms/db1/agent/guest-get-disks",
                """{"return":[{"name":"/dev/vda","partition":false,"address":{"pci-controller":{"domain":0,"bus":0,"slot":4,"function":0},"bus-type":"virtio","bus":0,"target":0,"unit":0,"serial":"disk0"}}]}"""
            )
            .Answers(
                "POST /v1/vms/db1/agent/guest-get-fsinfo",
                """{"return":[{"name":"vda1","mountpoint":"/","type":"ext4","disk":[],"used-bytes":1073741824,"total-bytes":2147483648}]}"""
            );

        var ended = await Qga.RunAsync(node, ["vm", "info", "db1"]);

        Assert.Equal("""
            VM            db1
            Host name     db1
            System        Debian GNU/Linux 12, kernel 6.1.0, x86_64
            Time zone     CET UTC+01:00
            Users         none
            Addresses     eth0  10.0.0.5/24
            Disks         /dev/vda  virtio, serial disk0
            File systems  /  ext4 on vda1, 1.0 GiB of 2.0 GiB used
            Not told      guest-get-load: The agent does not know it.

            """, ended.Out);
        Assert.Equal(0, ended.Code);
    }

    [Fact]
    public async Task A_clock_is_compared_with_this_machines()
    {
        var at = new ManualTime().GetUtcNow().AddSeconds(-90);
        var node = new FakeNode().Answers(
            "POST /v1/vms/db1/agent/guest-get-time", $"{{\"return\":{at.ToUnixTimeMilliseconds() * 1_000_000}}}");
        var ended = await Qga.RunAsync(node, ["vm", "time", "db1"]);
        Assert.Contains("90.000 s behind this machine's clock", ended.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """{"command":"guest-fstrim","arguments":{"minimum":1},"maxParallel":50}""",
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
            $$"""{"id":"r1","kind":"{{kind}}","select":"app=db","state":"succeeded","items":{"total":0,"succeeded":0,"failed":0,"unreachable":0,"unknown":0,"pending":0,"running":0,"cancelled":0},"options":{{options}},"startedAt":"2026-11-23T12:00:00Z"}"""
        );
        var ended = await Qga.RunAsync(node, ["run", "show", "r1"]);
        Assert.Contains(told, ended.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_run_is_done_in_each_vm_of_a_selection_and_what_failed_is_told()
    {
        var node = TwoVms()
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
        var node = TwoVms();
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

    [Fact]
    public async Task Info_of_several_is_a_line_each()
    {
        var node = TwoVms();
        foreach (var vm in (string[])["db1", "db2"])
        {
            foreach (var command in (string[])["osinfo", "timezone", "load", "users", "disks"])
                node.Answers(
                    $"POST /v1/vms/{vm}/agent/guest-get-{command}",
                    """{"title":"x","status":422,"code":"agent-error","detail":"The agent does not know it."}""",
                    System.Net.HttpStatusCode.UnprocessableEntity
                );
            node.Answers($"POST /v1/vms/{vm}/agent/guest-get-host-name", $"{{\"return\":{{\"host-name\":\"{vm}.example\"}}}}")
                .Answers(
                    $"POST /v1/vms/{vm}/agent/guest-network-get-interfaces",
                    """{"return":[{"name":"lo","ip-addresses":[{"ip-address":"127.0.0.1","ip-address-type":"ipv4","prefix":8}]},{"name":"eth0","ip-addresses":[{"ip-address":"10.0.0.5","ip-address-type":"ipv4","prefix":24}]}]}"""
                )
                .Answers(
                    $"POST /v1/vms/{vm}/agent/guest-get-fsinfo",
                    """{"return":[{"name":"a","mountpoint":"/","type":"ext4","disk":[],"used-bytes":1,"total-bytes":4},{"name":"b","mountpoint":"/srv","type":"ext4","disk":[],"used-bytes":3,"total-bytes":4}]}"""
                );
        }

        var ended = await Qga.RunAsync(node, ["vm", "info", "--select", "app=db"]);

        Assert.Equal("""
            VM   HOST NAME    SYSTEM  LOAD  USERS  ADDRESSES  FULLEST
            db1  db1.example  -       -     -      10.0.0.5   /srv 75 %
            db2  db2.example  -       -     -      10.0.0.5   /srv 75 %

            """, ended.Out);
    }

    [Theory]
    [InlineData("qgactl vm li", "list")]
    [InlineData("qgactl vm show d", "db1 db2")]
    [InlineData("qgactl vm info ", "db1 db2")]
    [InlineData("qgactl thaw db", "db1 db2")]
    [InlineData("qgactl vm exec db1", "db1")]
    [InlineData("qgactl vm call db1 guest-suspend-r", "guest-suspend-ram")]
    [InlineData("qgactl vm ssh-keys db1 root re", "remove replace")]
    [InlineData("qgactl vm suspend --select app=db h", "hybrid")]
    [InlineData("qgactl vm shutdown db1 d", "")]
    public async Task A_shell_completes_commands_and_names(string line, string expected)
    {
        var ended = await Qga.RunAsync(null, [$"[suggest:{line.Length}]", line], host => host with
        {
            Handler = TwoVms(),
            Environment = name => name == "QGACTL_API" ? "http://node:7070" : null,
        });

        Assert.Equal(0, ended.Code);
        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ended.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(item => item[0] is not ('-' or '/')));
    }

    [Fact]
    public async Task A_completion_without_a_node_is_silent()
    {
        var ended = await Qga.RunAsync(null, ["[suggest:13]", "qgactl vm show "]);
        Assert.Equal(
            new Ended(0, "", ""),
            ended with { Out = string.Concat(ended.Out.Split('\n').Where(item => item is not ['-' or '/', ..])) }
        );
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _qgactl qgactl")]
    [InlineData("zsh", "compdef _qgactl qgactl")]
    [InlineData("fish", "complete -c qgactl")]
    public async Task A_shell_is_told_how(string shell, string told)
    {
        var ended = await Qga.RunAsync(null, ["completion", shell]);
        Assert.Equal(0, ended.Code);
        Assert.Contains(told, ended.Out, StringComparison.Ordinal);
    }

    private static FakeNode TwoVms()
    {
        var page = Answers.Page([
            .. ((string[])["db1", "db2"]).Select(vm =>
                $$"""{"name":"{{vm}}","id":"hv1/{{vm}}","uuid":null,"host":"hv1","labels":{},"agent":{"state":"ready","version":"7.2.0"},"frozen":false}"""
            ),
        ]);
        return new FakeNode().Answers("GET /v1/vms", page).Answers("GET /v1/vms?select=app%3Ddb", page);
    }
}
