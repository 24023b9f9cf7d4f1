using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Tests;

public sealed class LiveViewTests
{
    private static readonly RunBoard _board = new()
    {
        Run = new Run("20261123T120000Z-abc", "backup", "running", new RunItemCounts(200, 11, 1, 2, 0, 178, 8)) { StartedAt = ManualTime.Noon },
        Progress = new RunProgress(
            ManualTime.Noon,
            [
                new ItemProgress("db1", 3, "copy", null, 1288490188, 2791728742),
                new ItemProgress("db2", 4, "window", 200, 0, 0),
                new ItemProgress("a-vm-whose-name-is-longer-than-anybody-would-type", 5, "window", 1100, 0, 0),
            ],
            1288490188, 2791728742, 327155712),
        ProgressAt = ManualTime.Noon,
        LastTrouble = new RunItem("db7", "hv1", null, "failed", "window", "The target is full: 20 GiB are needed, 3 GiB are free.", null, 1, null, null),
    };

    [Fact]
    public void It_shows_who_is_frozen_and_for_how_long_what_is_copied_and_when_it_ends()
    {
        var lines = LiveView.Render(_board, ManualTime.Noon.AddMilliseconds(500), 79, 24);

        Assert.Equal("""
            backup 20261123T120000Z-abc running: 14/200 done, 1 failed, 2 unreachable, 8 r…
            [##............................]   7%  312 MiB/s, 6 s left
            frozen now (2): a-vm-whose-name-is-longer-than-anybody-would-type 1.60 s, db2 …
              db1                      copy     [#######.........] 1.2 GiB of 2.6 GiB
              db2                      window
              a-vm-whose-name-is-lon…  window
            last: db7 failed: The target is full: 20 GiB are needed, 3 GiB are free.
            """, string.Join('\n', lines));
    }

    [Fact]
    public void A_thousand_items_leave_room_and_no_line_is_wider_than_the_terminal()
    {
        var many = _board with { Progress = _board.Progress! with { Items = [.. Enumerable.Range(0, 1000).Select(i => new ItemProgress($"vm{i}", i, "copy", null, 1, 2))] } };

        var lines = LiveView.Render(many, ManualTime.Noon, 60, 20);

        Assert.True(lines.Count <= 20);
        Assert.All(lines, line => Assert.True(line.Length <= 60));
        Assert.Contains("  and 988 more", lines);
    }

    [Fact]
    public void Without_a_connection_it_says_so()
    {
        Assert.Contains("no connection, trying again: gone", LiveView.Render(_board with { Lost = "gone" }, ManualTime.Noon, 80, 24));
    }
}
