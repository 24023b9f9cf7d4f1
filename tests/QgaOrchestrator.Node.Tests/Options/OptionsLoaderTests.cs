using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Node.Options;
using QgaOrchestrator.Qemu.Cut.Methods.Hook;
using QgaOrchestrator.Qemu.Hosts.Kinds;

namespace QgaOrchestrator.Node.Tests.Options;

public sealed class OptionsLoaderTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_shipped_file_holds_every_option_with_its_default()
    {
        var shipped = File.ReadAllText(Path.Combine(Repository(), "config", "node.json"));

        var fromFile = Load(_directory.Write("node.json", shipped));
        var defaults = OptionsLoader.Load([], new Dictionary<string, string>(), "hv1", _directory.Path);

        Assert.Equal(defaults.Node, fromFile.Node);
        Assert.Equal(defaults.Store, fromFile.Store);
        Assert.Equal(defaults.Fleet.Sources, fromFile.Fleet.Sources);
        Assert.Equal((defaults.Freeze.Timeout, defaults.Freeze.Lease, defaults.Freeze.Spread, defaults.Freeze.Ledger),
            (fromFile.Freeze.Timeout, fromFile.Freeze.Lease, fromFile.Freeze.Spread, fromFile.Freeze.Ledger));
        Assert.Equal((defaults.Cluster.Hostname, defaults.Cluster.Port), (fromFile.Cluster.Hostname, fromFile.Cluster.Port));
        Assert.Equal("hv1", fromFile.Node.Host);
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once_with_its_place()
    {
        var file = _directory.Write("node.json", """
            { "Node": { "Hots": "x",
                        "Api": "ftp://x" },
              "Freeze": { "Lease": "10" },
              "Fleet": { "Sources": [ { "Kind": "vmware", "Agent": "/a/{vm}" } ] } }
            """);

        var error = Assert.Throws<OptionsException>(() => OptionsLoader.Load(
            ["--config", file, "--Cluster:Port=x", "stray"],
            new Dictionary<string, string> { ["QGA__Store__Provider"] = "oracle" }, "hv1", "/"));

        Assert.Equal(7, error.Errors.Count);
        Assert.Contains(error.Errors, e => e.StartsWith("stray:", StringComparison.Ordinal));
        Assert.Contains("node.json:1: Node:Hots: unknown option; did you mean Node:Host?", error.Errors);
        Assert.Contains(error.Errors, e => e.StartsWith("node.json:2: Node:Api:", StringComparison.Ordinal));
        Assert.Contains(
            error.Errors, e => e.StartsWith("node.json:3: Freeze:Lease: \"10\" is not a duration", StringComparison.Ordinal));
        Assert.Contains(
            error.Errors, e => e.StartsWith("node.json:4: Fleet:Sources:0:Kind: \"vmware\"", StringComparison.Ordinal));
        Assert.Contains(
            error.Errors, e => e.StartsWith("--Cluster:Port: Cluster:Port: \"x\" is not a number", StringComparison.Ordinal));
        Assert.Contains(
            error.Errors, e => e.StartsWith("QGA__Store__Provider: Store:Provider: \"oracle\"", StringComparison.Ordinal));
    }

    [Fact]
    public void A_policy_may_deny_only_known_commands_and_never_thaw_or_status()
    {
        var file = _directory.Write(
            "node.json",
            """{ "Policy": { "Deny": [ "guest-exec", "guest-exce", "guest-fsfreeze-thaw" ] } }"""
        );

        var error = Assert.Throws<OptionsException>(
            () => OptionsLoader.Load(["--config", file], new Dictionary<string, string>(), "hv1", "/"));

        Assert.Equal(2, error.Errors.Count);
        Assert.Contains(error.Errors, e => e.Contains("guest-exce is not a command", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("cannot be denied", StringComparison.Ordinal));
    }

    [Fact]
    public void A_hook_is_a_program_that_is_there_and_is_told_with_what_is_wrong_with_it()
    {
        _directory.Write("plain", "");
        File.SetUnixFileMode(_directory.Write("good", "#!/bin/sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var file = _directory.Write("node.json", """
            { "Freeze": { "Hooks": { "a": [ "none/such" ], "b": [ "./plain" ], "c": [ "sh" ], "d": [], "e": [ "./good", "x" ],
              "f": [ "./open" ] } } }
            """);
        File.SetUnixFileMode(
            _directory.Write("open", "#!/bin/sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherWrite);

        var error = Assert.Throws<OptionsException>(() => Load(file));

        string[] whats =
        [
            "there is no ",
            "is not executable",
            "give its path",
            "a program and its arguments are expected",
            $"chmod go-w {_directory.Path}/open",
        ];
        Assert.Equal(whats.Length, error.Errors.Count);
        Assert.All(whats, what => Assert.Contains(error.Errors, e => e.Contains(what, StringComparison.Ordinal)));
        Assert.Equal(
            [Path.Combine(_directory.Path, "good"), "x"],
            Load(_directory.Write("node.json", """{ "Freeze": { "Hooks": { "e": [ "./good", "x" ] } } }"""))
                .Freeze.Methods.OfType<HookSettings>().Single().Hooks["e"]
        );
    }

    [Theory]
    [InlineData("30.00:00:00", null)]
    [InlineData("00:00:00", "is not a duration d.hh:mm:ss from 1.00:00:00 to 36500.00:00:00")]
    [InlineData("0.12:00:00", "is not a duration")]
    [InlineData("400", "is not a duration")]
    [InlineData("40000.00:00:00", "is not a duration")]
    public void How_long_records_are_kept_is_told_in_days(string keep, string? error)
    {
        var file = _directory.Write("node.json", $$"""{ "Store": { "Keep": "{{keep}}" } }""");
        if (error is null) Assert.Equal(TimeSpan.FromDays(30), Load(file).Store.Keep);
        else Assert.Contains(error, Assert.Throws<OptionsException>(() => Load(file)).Errors.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_level_is_one_of_five_words()
    {
        Assert.Equal(
            Microsoft.Extensions.Logging.LogLevel.Trace,
            Load(_directory.Write("node.json", """{ "Node": { "LogLevel": "trace" } }""")).Node.LogLevel);
        foreach (var wrong in new[] { "verbose", "Trace", "2" })
        {
            var file = _directory.Write("node.json", $$"""{ "Node": { "LogLevel": "{{wrong}}" } }""");
            Assert.EndsWith(
                $"Node:LogLevel: \"{wrong}\" is not trace, debug, information, warning or error",
                Assert.Throws<OptionsException>(() => Load(file)).Errors.Single(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_config_that_others_can_write_to_is_refused()
    {
        var file = _directory.Write("node.json", "{}");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Assert.Equal(
            $"--config: {file} can be written by others: chmod go-w {file}",
            Assert.Throws<OptionsException>(() => Load(file)).Errors.Single()
        );
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        var file = _directory.Write(
            "node.json",
            """{ "Freeze": { "Timeout": "00:00:01", "Lease": "00:00:01", "Spread": "00:00:01" } }"""
        );

        var options = OptionsLoader.Load(
            ["--config", file, "--Freeze:Timeout=00:00:03"],
            new Dictionary<string, string> { ["QGA__Freeze__Timeout"] = "00:00:02", ["QGA__Freeze__Lease"] = "00:00:02.500" },
            "hv1",
            "/"
        );

        Assert.Equal(TimeSpan.FromSeconds(3), options.Freeze.Timeout);
        Assert.Equal(TimeSpan.FromSeconds(2.5), options.Freeze.Lease);
        Assert.Equal(TimeSpan.FromSeconds(1), options.Freeze.Spread);
    }

    [Fact]
    public void Relative_paths_are_relative_to_the_file()
    {
        var options = Load(_directory.Write("node.json", """
            { "Node": { "DataDirectory": "d" }, "Freeze": { "Ledger": "l/{host}" },
              "Fleet": { "Sources": [ { "Hold": "per-command", "Agent": "vms/{vm}.qga" } ] } }
            """));

        Assert.Equal(Path.Combine(_directory.Path, "d"), options.Node.DataDirectory);
        Assert.Equal(Path.Combine(_directory.Path, "l", "hv1"), options.Freeze.Ledger);
        Assert.Equal(
            [HostKinds.All[0].Read(new GivenOptions(_directory.Path) { ["Agent"] = "vms/{vm}.qga", ["Hold"] = "per-command" })],
            options.Fleet.Sources);
    }

    [Fact]
    public void A_wrong_fleet_file_is_an_error_of_the_start()
    {
        var fleet = _directory.Write("fleet.json", """{ "Vms": [ { "Name": "a/b" } ] }""");

        var error = Assert.Throws<OptionsException>(() => OptionsLoader.Load(
            [$"--Fleet:File={fleet}"], new Dictionary<string, string>(), "hv1", "/"));

        Assert.Contains("a/b", Assert.Single(error.Errors), StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> OutsideTheirRanges()
    {
        (string Key, string Range)[] durations =
        [
            ("Freeze:Timeout", "from 00:00:01 to 00:10:00"),
            ("Freeze:Lease", "from 00:00:00.1000000 to 00:05:00"),
            ("Freeze:Spread", "from 00:00:00.1000000 to 00:05:00"),
        ];
        string[] wild =
        [
            "0",
            "00:00:00",
            "-00:00:05",
            "5",
            "NaN",
            "1e300",
            "00:00:05\n",
            "24:00:00",
            "9999999.00:00:00",
            "10675199.02:48:05.4775807",
        ];
        var data = new TheoryData<string, string, string>();
        foreach (var (key, range) in durations)
            foreach (var value in wild) data.Add(key, value, range);
        foreach (var value in new[] { "-1", "65536", "1.5", "1e3", "NaN", "5\n", "99999999999" })
            data.Add("Cluster:Port", value, "from 0 to 65535");
        data.Add("Node:Host", "hv1\n", "A-Za-z0-9._-");
        return data;
    }

    [Theory]
    [MemberData(nameof(OutsideTheirRanges))]
    public void A_number_or_time_outside_its_range_is_told_with_both(string key, string value, string range)
    {
        var error = Assert.Throws<OptionsException>(
            () => OptionsLoader.Load([$"--{key}={value}"], new Dictionary<string, string>(), "hv1", _directory.Path));
        Assert.Contains($"{key}: \"{value}\"", Assert.Single(error.Errors), StringComparison.Ordinal);
        Assert.Contains(range, error.Errors[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exclusive", "run/qemu-server/{vm}.qga", null, true)]
    [InlineData("exclusive", "var/run/qemu-server/{vm}.qga", null, true)]
    [InlineData("exclusive", "vms/{vm}.qga", "run/qemu-server/{vm}.qmp", true)]
    [InlineData("per-command", "run/qemu-server/{vm}.qga", "run/qemu-server/{vm}.qmp", false)]
    [InlineData("exclusive", "vms/{vm}.qga", null, false)]
    public void On_a_Proxmox_host_a_source_that_holds_its_sockets_is_refused(
        string hold, string agent, string? monitor, bool refused)
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "etc/pve"));
        Directory.CreateDirectory(Path.Combine(_directory.Path, "run/qemu-server"));
        Directory.CreateDirectory(Path.Combine(_directory.Path, "var"));
        Directory.CreateSymbolicLink(Path.Combine(_directory.Path, "var/run"), "../run");
        string[] arguments =
        [
            $"--Fleet:Sources:0:Hold={hold}",
            $"--Fleet:Sources:0:Agent={agent}",
            .. monitor is null ? [] : new[] { $"--Fleet:Sources:0:Monitor={monitor}" },
        ];

        var (errors, elsewhere) = (Errors(_directory.Path), Errors(Path.Combine(_directory.Path, "etc")));

        Assert.Empty(elsewhere);
        if (!refused) Assert.Empty(errors);
        else
        {
            var error = Assert.Single(errors);
            Assert.StartsWith("--Fleet:Sources:0:Hold: Fleet:Sources:0:Hold: ", error, StringComparison.Ordinal);
            Assert.Contains(
                "vzdump would back up the VM without freezing it. Use \"Hold\": \"per-command\"",
                error,
                StringComparison.Ordinal
            );
        }

        IReadOnlyList<string> Errors(string root)
        {
            try
            {
                OptionsLoader.Load(arguments, new Dictionary<string, string>(), "hv1", _directory.Path, root);
                return [];
            }
            catch (OptionsException e)
            {
                return e.Errors;
            }
        }
    }

    [Theory]
    [InlineData("vms/{vm}.qga", "exclusive", true)]
    [InlineData("run/qemu-server/{vm}.qga", "per-command", false)]
    public void A_VM_of_the_fleet_file_is_refused_on_a_Proxmox_host_as_a_source_is(string agent, string hold, bool refused)
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "etc/pve"));
        Directory.CreateDirectory(Path.Combine(_directory.Path, "run/qemu-server"));
        var fleet = _directory.Write("fleet.json", $$"""
            { "Vms": [ { "Name": "web", "Agent": "unix:{{_directory.Path}}/run/qemu-server/100.qga" },
                       { "Name": "far", "Host": "hv2", "Agent": "unix:{{_directory.Path}}/run/qemu-server/7.qga" } ] }
            """);

        QgadOptions Start() =>
            OptionsLoader.Load(
                [$"--Fleet:File={fleet}", $"--Fleet:Sources:0:Hold={hold}", $"--Fleet:Sources:0:Agent={agent}"],
                new Dictionary<string, string>(),
                "hv1",
                _directory.Path,
                _directory.Path
            );

        if (!refused)
            Assert.Single(Start().Fleet.Sources);
        else
            Assert.Contains(
                "web: Proxmox's tools need the sockets",
                Assert.Single(Assert.Throws<OptionsException>(Start).Errors),
                StringComparison.Ordinal
            );
    }

    private static QgadOptions Load(string file) =>
        OptionsLoader.Load(["--config", file], new Dictionary<string, string>(), "hv1", "/");

    private static string Repository()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "QgaOrchestrator.sln"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }
}
