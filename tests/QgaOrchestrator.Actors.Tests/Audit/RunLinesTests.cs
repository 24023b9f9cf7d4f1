using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Audit;

public sealed class RunLinesTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_run_is_told_from_its_start_to_its_end_with_each_attempt_and_whose_run_it_is()
    {
        RunEvent[] events =
        [
            Started(dry: false),
            new RunEvent.ItemsDispatched([new(0, 1), new(1, 1), new(2, 1)], At),
            new RunEvent.RunPaused(At) { By = "anna" },
            new RunEvent.ItemsSettled(
            [
                new(0, 1, ItemState.Succeeded) { Values = new BackupValues(37.4, new("p1", "/d", "filesystem", 9)).ToOwn() },
                new(1, 1, ItemState.Interrupted, "the node ended during this attempt"),
                new(2, 1, ItemState.Failed, "this host's policy denies guest-fsfreeze-freeze") { RefusedBy = ItemOutcome.Policy },
            ], At),
            new RunEvent.RunResumed(At) { By = "anna" },
            new RunEvent.ItemsDispatched([new(1, 2)], At),
            new RunEvent.RunAborted("its deadline of 01:00:00 has passed", false, At),
            new RunEvent.ItemsSettled([new(1, 2, ItemState.Unknown, "the guest may still be frozen")], At),
            new RunEvent.RunFinished(RunPhase.Aborted, "its deadline of 01:00:00 has passed", At),
        ];

        Assert.Equal("""
            ci run started | backup of *, 3 VMs
            ci backup hv1/a started |
            ci backup hv1/b started |
            ci backup hv1/c started |
            anna run pause done |
            ci backup hv1/a done | frozen 37 ms; point p1, filesystem
            ci backup hv1/b failed interrupted | the node ended during this attempt
            ci backup hv1/c refused policy | this host's policy denies guest-fsfreeze-freeze
            anna run resume done |
            ci backup hv1/b started | attempt 2
            node run abort done | its deadline of 01:00:00 has passed
            ci backup hv1/b unknown unknown | the guest may still be frozen
            ci run failed aborted | 1 of 3 succeeded: its deadline of 01:00:00 has passed
            """, string.Join('\n', Lines(events).Select(Told)));
    }

    [Fact]
    public void Each_line_has_a_key_of_its_own_and_the_same_one_when_it_is_told_again()
    {
        RunEvent[] events =
        [
            Started(dry: false), new RunEvent.ItemsDispatched([new(0, 1), new(1, 1)], At), new RunEvent
                .RunPaused(At), new RunEvent.RunResumed(At.AddTicks(1)),
            new RunEvent.RunPaused(At.AddTicks(2)), new RunEvent.ItemsSettled(
                [new(0, 1, ItemState.Interrupted, "x"), new(1, 1, ItemState.Succeeded)], At),
        ];

        var keys = Lines(events).Select(line => line.Key).ToList();

        Assert.Equal(keys.Count, keys.OfType<string>().Distinct().Count());
        Assert.Equal(keys, Lines(events).Select(line => line.Key));
        Assert.Equal("r1/0/1/ended", keys[^2]);
    }

    [Fact]
    public void A_check_changes_no_guest_so_only_the_run_is_told() => Assert.Equal(
        ["ci run started | check for backup of *, 3 VMs"],
        Lines(
                Started(dry: true),
                new RunEvent.ItemsDispatched([new(0, 1)], At),
                new RunEvent.ItemsSettled([new(0, 1, ItemState.Failed, "x")], At)
            )
            .Select(Told)
    );

    private static RunEvent.RunStarted Started(bool dry) =>
        new(
            "r1",
            "backup",
            "*",
            new()
            {
                MaxParallel = 9,
                MaxFailures = CountOrPercent.All,
                MaxUnreachable = CountOrPercent.All,
                DryRun = dry,
            },
            [new VmId("hv1", "a"), new VmId("hv1", "b"), new VmId("hv1", "c")],
            At,
            null
        )
        { StartedBy = "ci" };

    private static List<AuditEntry> Lines(params RunEvent[] events)
    {
        RunState? run = null;
        return
        [
            .. events.SelectMany(e =>
                RunLines.Of(run = RunRules.Evolve(run, e), e, "hv1", RunKinds.Known.Find(run.Kind)!.AuditDetails)),
        ];
    }

    private static string Told(AuditEntry line) =>
        (string.Join(' ', new[] { line.Who, line.What, line.Vm, line.Outcome, line.Code }.OfType<string>())
            + $" | {line.Detail}").TrimEnd();
}
