using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests.Passwords;

/// <summary><c>password ages</c>, <c>history</c>, and the runs <c>reset</c> and <c>check</c>.</summary>
public sealed class PasswordListTests
{
    private static readonly string Old = Escrowed.Json(Escrowed.Account([2], (2, "current", null)));

    private static readonly string Fresh = Escrowed.Json(Escrowed.Account([4], (4, "current", null)) with
    {
        Vm = "db2",
        Generations = [new(4, "current", ManualTime.Noon, "r4") { Verified = ManualTime.Noon.AddHours(-3), Evidence = "hash" }],
        Checkout = new("anna", ManualTime.Noon, ManualTime.Noon.AddHours(1), null),
        Gone = true,
    });

    private static readonly string Unverified = Escrowed.Json(Escrowed.Account([1], (1, "candidate", null)) with
    {
        Vm = "db3",
        Foreign = true,
    });

    private static FakeNode Node() => new FakeNode()
        .Answers("GET /v1/passwords", Answers.Page(Old, Fresh, Unverified))
        .Answers("GET /v1/vms", Answers.Page(Vm("db1"), Vm("db2"), Vm("db3"), Vm("db4")));

    [Fact]
    public async Task Ages_are_a_table_of_what_is_in_force_how_old_and_how_it_is_known()
    {
        var ended = await Qga.RunAsync(Node(), ["password", "ages"]);

        Assert.Equal("""
            VM              USER  GENERATION  AGE         EVIDENCE  IN FORCE  CHECKED OUT
            hv1/db1         root  2           113 d       login     2         -
            hv1/db2 (gone)  root  4           3 h 00 min  hash      4         anna, until 2026-11-23T13:00:00Z
            hv1/db3         root  -           never       -         foreign   -

            """, ended.Out);
        Assert.Equal(ExitCodes.Done, ended.Code);
    }

    [Theory]
    [InlineData("--older 90d", "db1 db3", 0)]
    [InlineData("--older 90d --fail", "db1 db3", 3)]
    [InlineData("--never", "db3 db4", 0)]
    [InlineData("--older 90d --never --fail", "db1 db3 db4", 3)]
    public async Task Old_ones_and_those_that_were_never_set_are_found(string options, string vms, int code)
    {
        var ended = await Qga.RunAsync(Node(), ["password", "ages", .. options.Split(' ')]);

        Assert.Equal(code, ended.Code);
        Assert.Equal(
            vms.Split(' '),
            ended.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
                .Select(line => line.Split(' ')[0]["hv1/".Length..]));
    }

    [Fact]
    public async Task With_none_to_be_found_fail_ends_with_0()
    {
        var node = new FakeNode().Answers("GET /v1/passwords?user=root", Answers.Page(Fresh));
        var ended = await Qga.RunAsync(node, ["password", "ages", "--older", "90d", "--user", "root", "--fail"]);
        Assert.Equal(ExitCodes.Done, ended.Code);
    }

    [Fact]
    public async Task A_history_has_all_generations_and_what_was_last_seen()
    {
        var account = Escrowed.Account([3, 2], (1, "retired", null), (2, "current", null), (3, "candidate", null)) with
        {
            Check = new(Escrowed.Made.AddDays(1), "clone", 2, "hv2/db9", "It came back under a new QEMU process"),
            Run = "r9",
        };
        var node = new FakeNode().Answers("GET /v1/vms/db1/passwords/root", Escrowed.Json(account));

        var ended = await Qga.RunAsync(node, ["password", "history", "db1", "root"]);

        Assert.Equal("""
            GENERATION  STATE      MADE                  APPLIED  VERIFIED              EVIDENCE  ENDED  RUN
            3           candidate  2026-08-01T12:00:00Z  -        -                     -         -      r3
            2           current    2026-08-01T12:00:00Z  -        2026-08-01T12:00:02Z  login     -      r2
            1           retired    2026-08-01T12:00:00Z  -        2026-08-01T12:00:02Z  login     -      r1

            In force: one of 3, 2; the likeliest is the first.
            Last look: 2026-08-02T12:00:00Z, clone of hv2/db9. It came back under a new QEMU process
            Run r9 works on it.

            """, ended.Out);
    }

    [Fact]
    public async Task A_reset_asks_and_hands_its_options_to_the_node()
    {
        string[] reset =
        [
            "password", "reset", "--select", "app=db", "--user", "root", "--length", "32", "--crypted", "true",
            "--verify", "login", "--unlock", "--clear-must-change", "--accept-unverified", "--mode", "rotate", "--canary", "1",
        ];
        var node = FakeNode.OfRun();

        var refused = await Qga.RunAsync(node, reset);
        var ended = await Qga.RunAsync(node, [.. reset, "--yes"]);

        Assert.Equal((ExitCodes.Usage, ExitCodes.Done), (refused.Code, ended.Code));
        Assert.Contains("Set a new password for root in every VM of app=db?", refused.Error, StringComparison.Ordinal);
        Assert.Equal("""
            {"kind":"password-reset","select":"app=db","options":{"length":32,"crypted":true,"verify":"login","mode":"rotate",
            "canary":1,"user":"root","unlock":true,"clearMustChange":true,"acceptUnverified":true}}
            """.ReplaceLineEndings(""), node.Requests[0].Body);
    }

    [Fact]
    public async Task A_check_asks_nobody_and_is_of_every_VM_unless_it_is_narrowed()
    {
        var node = FakeNode.OfRun();

        Assert.Equal(ExitCodes.Done, (await Qga.RunAsync(node, ["password", "check"])).Code);
        Assert.Equal(
            ExitCodes.Done, (await Qga.RunAsync(node, ["password", "check", "--select", "app=db", "--user", "root"])).Code);

        Assert.Equal(
            [
                """{"kind":"password-check","select":null,"options":{}}""",
                """{"kind":"password-check","select":"app=db","options":{"user":"root"}}""",
            ],
            node.Requests.Where(asked => asked.Route == "POST /v1/runs").Select(asked => asked.Body));
    }

    private static string Vm(string name) =>
        $$"""{"name":"{{name}}","id":"hv1/{{name}}","uuid":null,"host":"hv1","labels":{},"agent":{"state":"ready"},"""
            + """ "frozen":false}""";
}
