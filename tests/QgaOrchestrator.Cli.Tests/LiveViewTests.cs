using System.Collections.Immutable;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Kinds;
using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Tests;

public sealed class LiveViewTests
{
    private static readonly RunBoard _board = new()
    {
        Run = new Run("20261123T120000Z-abc", "backup", "running", new RunItemCounts(200, 11, 1, 2, 0, 178, 8))
        {
            StartedAt = ManualTime.Noon.AddMinutes(-2),
            Waves = [new(1, "done"), new(19, "running"), new(180, "pending")],
        },
        Progress = new RunProgress(
            ManualTime.Noon,
            [
                new VmProgress("db1", 3, "copy", null, 1288490188, 2791728742),
                new VmProgress("db2", 4, "window", 200, 0, 0),
                new VmProgress("a-vm-whose-name-is-longer-than-anybody-would-type", 5, "window", 1100, 0, 0),
            ],
            1288490188, 2791728742, 327155712),
        ProgressAt = ManualTime.Noon,
        Failures = ImmutableSortedDictionary<int, ItemStatus>.Empty.Add(
            7,
            new ItemStatus(
                "db7",
                "hv1",
                null,
                "failed",
                "window",
                "The target is full: 20 GiB are needed, 3 GiB are free.",
                "Make room on it.",
                1,
                null,
                null
            )
        ),
    };

    [Fact]
    public void The_live_view_shows_frozen_guests_copies_and_the_estimated_end()
    {
        var lines = LiveView.Render(_board, KindCommands.Displays, ManualTime.Noon.AddMilliseconds(500), 79, 24);

        Assert.Equal("""
            backup 20261123T120000Z-abc running: 14/200 done, 1 failed, 2 unreachable, 8 r…
            [##............................]   7%  312 MiB/s, 7 VMs/min, 26 min 40 s left
            wave 2 of 3: 19 VMs
            frozen now (2): a-vm-whose-name-is-longer-than-anybody-would-type 1.60 s, db2 …
              db1                      copy     [#######.........] 1.2 GiB of 2.6 GiB
              db2                      window
              a-vm-whose-name-is-lon…  window
            db7 failed in window: The target is full: 20 GiB are needed, 3 GiB are free.
              Make room on it.
            """, string.Join('\n', lines));
    }

    [Fact]
    public void A_thousand_items_leave_room_and_no_line_is_wider_than_the_terminal()
    {
        var many = _board with
        {
            Progress = _board.Progress! with
            {
                Items = [.. Enumerable.Range(0, 1000).Select(i => new VmProgress($"vm{i}", i, "copy", null, 1, 2))],
            },
        };

        var lines = LiveView.Render(many, KindCommands.Displays, ManualTime.Noon, 60, 20);

        Assert.Equal(18, lines.Count);
        Assert.All(lines, line => Assert.True(line.Length <= 60));
        Assert.Contains("  and 989 more", lines);
    }

    [Fact]
    public void A_wave_that_soaks_says_when_it_begins_and_who_waits_says_for_whom()
    {
        var board = _board with
        {
            Run = _board.Run! with { Waves = [new(1, "done"), new(199, "soaking", ManualTime.Noon.AddMinutes(4))] },
            Progress = _board.Progress! with
            {
                Items = [new VmProgress("db1", 0, "waiting", null, 0, 0) { Note = "run r7 works on this VM" }],
            },
        };

        var lines = LiveView.Render(board, KindCommands.Displays, ManualTime.Noon, 79, 24);

        Assert.Contains("wave 2 of 2: 199 VMs, begins in 4 min 00 s", lines);
        Assert.Contains("  db1       waiting  run r7 works on this VM", lines);
    }

    [Fact]
    public void Without_a_connection_the_live_view_says_so()
    {
        Assert.Contains(
            "no connection, trying again: gone",
            LiveView.Render(_board with { Lost = "gone" }, KindCommands.Displays, ManualTime.Noon, 80, 24));
    }
}
