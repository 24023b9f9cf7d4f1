using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Tests;

/// <summary>What <c>run show</c> tells somebody who did not watch the run.</summary>
public sealed class RunDetailsTests
{
    private const string Run = """
        {"id":"r1","kind":"backup","state":"failed","select":"app=db","reason":"2 of 5 failed, more than maxFailures 1",
        "items":{"total":5,"succeeded":2,"failed":2,"unreachable":0,"unknown":0,"pending":0,"running":0,"cancelled":1},
        "retryOf":"r0","startedAt":"2026-11-23T01:00:00Z","endedAt":"2026-11-23T01:09:00Z",
        "options":{"maxParallel":50,"maxParallelPerHost":null,"maxFailures":1,"canary":1,"waves":["80%"],"soak":"00:05:00",
        "method":"full","maxParallelPerLabel":{"app":2}},
        "waves":[{"vms":1,"state":"done","beginsAt":null},{"vms":3,"state":"done","beginsAt":null},
        {"vms":1,"state":"pending","beginsAt":null}]}
        """;

    private static string Item(int index, string state, string times, string? why = null, long? frozen = null) =>
        $$"""
            {"vm":"db{{index}}","host":"hv1","group":"shop","state":"{{state}}","step":null,"reason":{{(
                why is null ? "null" : $"\"{why}\""
            )}},
            "remedy":{{(
                why is null ? "null" : $"\"Make room: qgactl vm show db{index}\""
            )}},"attempt":1,"frozenMs":{{frozen?.ToString() ?? "null"}},"index":{{index}},
        "point":{{(frozen is null ? "null" : "\"p\"")}},"class":{{(frozen is null ? "null" : "\"filesystem\"")}},{{times}}}
        """;

    [Theory]
    [InlineData("backup", "true", "check")]
    [InlineData("backup", "false", "backup")]
    [InlineData("exec", "true", "exec (dry run)")]
    public async Task A_dry_run_of_a_backup_is_called_check_everywhere(string kind, string dryRun, string name)
    {
        var run = Answers.Run("succeeded").Replace(
            "\"kind\":\"backup\"", $"\"kind\":\"{kind}\",\"options\":{{\"dryRun\":{dryRun}}}", StringComparison.Ordinal);
        var node = FakeNode.OfRun(run).Answers("GET /v1/runs", Answers.Page(run));

        Assert.Contains($"\nr1  {name}  succeeded", (await Qga.RunAsync(node, ["run", "list"])).Out, StringComparison.Ordinal);
        Assert.StartsWith(
            $"Asked     {name} of *", (await Qga.RunAsync(node, ["run", "show", "r1"])).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_is_told_with_its_waves_its_frozen_times_its_troubles_and_what_to_do()
    {
        const string first = """ "startedAt":"2026-11-23T01:00:00Z","endedAt":"2026-11-23T01:00:41Z" """;
        const string second = """ "startedAt":"2026-11-23T01:05:41Z","endedAt":"2026-11-23T01:09:00Z" """;
        const string never = """ "startedAt":null,"endedAt":null """;
        var node = new FakeNode()
            .Answers("GET /v1/runs/r1", Run)
            .Answers(
                "GET /v1/runs/r1/items",
                Answers.Page(
                    Item(0, "succeeded", first, frozen: 300),
                    Item(1, "succeeded", second, frozen: 1400),
                    Item(2, "failed", second, "the target is full"),
                    Item(3, "failed", second, "the target is full"),
                    Item(4, "cancelled", never)
                )
            );

        var shown = await Qga.RunAsync(node, ["run", "show", "r1"]);

        Assert.Equal("""
            Asked     backup of app=db, to retry r0 --max-failures 1 --canary 1 --waves
                      80% --soak 00:05:00 --max-parallel-per-label app=2
            Started   2026-11-23T01:00:00Z
            Ended     2026-11-23T01:09:00Z
            Wave 1    1 VM, 2026-11-23T01:00:00Z to 2026-11-23T01:00:41Z: 1 succeeded
            Wave 2    3 VMs, 2026-11-23T01:05:41Z to 2026-11-23T01:09:00Z: 2 failed, 1
                      succeeded
            Wave 3    1 VM, never began
            Frozen    2 guests: half of them for 0.30 s or less, 99 % for 1.40 s or less,
                      the longest for 1.40 s (db1)
            Points    2 of class filesystem

            VM   GROUP  RESULT     FROZEN FOR  CLASS       SIZE  REASON
            db0  shop   succeeded  0.30 s      filesystem  -     -
            db1  shop   succeeded  1.40 s      filesystem  -     -
            db2  shop   failed     -           -           -     the target is full
            db3  shop   failed     -           -           -     the target is full
            db4  shop   cancelled  -           -           -     -

            2 VMs failed: the target is full
              db2, db3
              Make room: qgactl vm show VM

            db4 never began

            Run r1 failed: 2 of 5 succeeded, 2 failed, 1 cancelled, in 9 min 00 s. 2 of 5
              failed, more than maxFailures 1
            Retry the 3 VMs that did not succeed: qgactl run retry r1

            """, shown.Out);
        Assert.Equal(ExitCodes.Done, shown.Code);
    }
}
