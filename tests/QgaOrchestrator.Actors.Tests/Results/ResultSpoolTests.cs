using QgaOrchestrator.Actors.Results;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Results;

public sealed class ResultSpoolTests : IDisposable
{
    /// <summary>Room for two runs of a thousand bytes and what is written beside them.</summary>
    private const long Most = 2_600;

    private readonly TempDirectory _directory = new();
    private readonly ResultSpool _spool;

    public ResultSpoolTests() => _spool = new ResultSpool(_directory.Path, TimeProvider.System, Most);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_oldest_runs_go_when_a_new_one_begins_but_none_that_is_under_way()
    {
        Kept("r1", hoursAgo: 5, ended: false);
        Kept("r2", hoursAgo: 4);
        Kept("r3", hoursAgo: 3);
        Kept("r4", hoursAgo: 2);
        _spool.Begin("r5", Item(0));
        Assert.Equal(["r1", "r3", "r4", "r5"], Runs());
    }

    [Fact]
    public void What_is_older_than_seven_days_goes()
    {
        Kept("r1", hoursAgo: 7 * 24 + 1, ended: false);
        Kept("r2", hoursAgo: 7 * 24 - 1);
        _spool.Begin("r3", Item(0));
        Assert.Equal(["r2", "r3"], Runs());
    }

    [Fact]
    public void What_does_not_fit_beside_runs_under_way_is_told_as_truncated()
    {
        _spool.Begin("r1", Item(0));
        Assert.False(_spool.Keep("r1", 0, "out", new byte[2_000]).Truncated);
        var cut = _spool.Keep("r1", 0, "err", new byte[2_000]);
        Assert.Equal((0, true), (cut.Bytes, cut.Truncated));
        Assert.False(_spool.Keep("r1", 0, "err", new byte[500]).Truncated);
    }

    [Fact]
    public void Items_that_begin_a_run_together_do_not_meet_in_the_sweep()
    {
        for (var run = 0; run < 20; run++) Kept($"old{run}", hoursAgo: 8 * 24);
        Parallel.For(0, 50, item => _spool.Begin("new", Item(item)));
        Assert.Equal(["new"], Runs());
        Assert.Equal(50, _spool.List("new").Count());
    }

    private void Kept(string run, int hoursAgo, bool ended = true)
    {
        var folder = Directory.CreateDirectory(_directory.File(run)).FullName;
        var roomy = new ResultSpool(_directory.Path, TimeProvider.System);
        roomy.Write(run, Item(0) with { State = ended ? ItemState.Succeeded : null });
        roomy.Keep(run, 0, "out", new byte[1_000]);
        Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow.AddHours(-hoursAgo));
    }

    private static ItemResult Item(int item) => new(item, 1, "vm1", "h1", DateTimeOffset.UnixEpoch);

    private IEnumerable<string> Runs() =>
        Directory.GetDirectories(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)!;
}
