using System.Text.Json;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Kinds.Command;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Tests.Runs;

/// <summary>A run in the node's log.</summary>
public sealed class RunWordsTests
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 22, 0, 0, 0, TimeSpan.Zero);

    private static readonly RunOptions Options =
        new() { MaxParallel = 50, MaxFailures = CountOrPercent.All, MaxUnreachable = CountOrPercent.All };

    [Fact]
    public void The_start_tells_kind_number_selection_and_who() => Assert.Equal(
        "Run r1 has started: backup of 2 VMs (app=db), asked for by ci", RunWords.Started(State(Options, "backup")));

    [Fact]
    public void The_end_tells_state_counts_duration_and_reason()
    {
        var ended = State(Options with { DryRun = true }, "backup") with
        {
            Phase = RunPhase.Failed,
            Reason = "1 of 2 failed, more than maxFailures 0",
            EndedAt = T0.AddSeconds(75.25),
            Counts = new() { Total = 2, Succeeded = 1, Failed = 1 },
        };
        Assert.Equal(
            "Run r1 has ended, failed: backup (dry run), 1 of 2 VMs succeeded, 1 failed, after 00:01:15.2: 1 of 2 failed, more "
                + "than maxFailures 0",
            RunWords.Ended(ended)
        );
    }

    [Fact]
    public void Log_messages_contain_no_argument_of_a_command()
    {
        const string marker = "hunter2";
        var run = State(
            new CommandOptions("guest-exec", JsonSerializer.SerializeToElement(new { path = marker })).In(Options),
            "command"
        );
        foreach (var told in new[] { RunWords.Started(run), RunWords.Continues(run), RunWords.Ended(run) })
            Assert.DoesNotContain(marker, told, StringComparison.Ordinal);
    }

    private static RunState State(RunOptions options, string kind) => RunRules.Evolve(null, new RunEvent.RunStarted(
        "r1", kind, "app=db", options, [new VmId("hv1", "a"), new VmId("hv1", "b")], T0, null)
    { StartedBy = "ci" });
}
