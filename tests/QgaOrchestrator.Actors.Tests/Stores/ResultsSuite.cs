using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>What every implementation of <see cref="IResults"/> does.</summary>
public abstract class ResultsSuite
{
    /// <summary>Room for two runs of a stream and what is written beside them.</summary>
    private const long Most = 10 * Large + 1000;

    /// <summary>In bytes: too many for a stream to be kept beside others.</summary>
    private const int Large = 5_000;

    /// <summary>Another object over the same results, as a new process makes it.</summary>
    /// <param name="most">How many bytes all runs may have.</param>
    protected abstract IResults Create(long most);

    /// <summary>Changes when a run was last written.</summary>
    protected abstract void SetAge(string run, TimeSpan age);

    protected abstract IEnumerable<string> Runs();

    [Fact]
    public void A_kill_after_any_step_loses_nothing_that_was_written()
    {
        IResults Reopened() => Create(1 << 20);
        Assert.Null(Reopened().Read("r1", 7));
        Assert.Empty(Reopened().List("r1"));

        var asked = Reopened().Write("r1", Item(7));
        Assert.Equal((7, null, null), Reopened().Read("r1", 7) is { } begun ? (begun.Item, begun.State, begun.Pid) : default);
        Reopened().Write("r1", asked with { Pid = 11 });
        Assert.Equal(11, Reopened().Read("r1", 7)!.Pid);
        Assert.Null(Reopened().Open("r1", 7, "out"));
        var large = new byte[Large];
        var ended = Reopened().Write(
            "r1", asked with { State = ItemState.Succeeded }, new("out", "hello"u8.ToArray()), new("err", large, Truncated: true));
        using (var stream = new StreamReader(Reopened().Open("r1", 7, "out")!)) Assert.Equal("hello", stream.ReadToEnd());
        using (var stream = Reopened().Open("r1", 7, "err")!) Assert.Equal(Large, stream.Length);
        var kept = ended.Streams["out"];
        Assert.Equal("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", kept.Sha256);
        Assert.Equal((5, false), (kept.Bytes, kept.Truncated));
        Assert.Equal((Large, true), (ended.Streams["err"].Bytes, ended.Streams["err"].Truncated));
        Reopened().Write("r1", asked with { State = ItemState.Succeeded }, new("out", "hello"u8.ToArray()), new("err", large));
        Reopened().Write("r1", Item(2));

        Assert.Equal([2, 7], Reopened().List("r1").Select(result => result.Item));
        Assert.Equal(kept, Reopened().Read("r1", 7)!.Streams["out"]);
        Assert.Equal(ItemState.Succeeded, Reopened().Read("r1", 7)!.State);
    }

    [Fact]
    public void The_oldest_runs_go_when_a_new_one_begins_but_none_that_is_under_way()
    {
        Kept("r1", hoursAgo: 5, ended: false);
        Kept("r2", hoursAgo: 4);
        Kept("r3", hoursAgo: 3);
        Kept("r4", hoursAgo: 2);
        Create(Most).Write("r5", Item(0));
        Assert.Equal(["r1", "r3", "r4", "r5"], Runs());
    }

    [Fact]
    public void Runs_older_than_seven_days_go()
    {
        Kept("r1", hoursAgo: 7 * 24 + 1, ended: false);
        Kept("r2", hoursAgo: 7 * 24 - 1);
        Create(Most).Write("r3", Item(0));
        Assert.Equal(["r2", "r3"], Runs());
    }

    [Fact]
    public void A_stream_that_does_not_fit_beside_runs_under_way_is_marked_as_truncated()
    {
        var results = Create(Most);
        var kept = results.Write("r1", Item(0), new("out", new byte[8 * Large]), new("err", new byte[4 * Large]));
        Assert.False(kept.Streams["out"].Truncated);
        Assert.Equal((0, true), (kept.Streams["err"].Bytes, kept.Streams["err"].Truncated));
        Assert.False(results.Write("r1", kept, new StreamBytes("err", new byte[Large])).Streams["err"].Truncated);
    }

    [Fact]
    public void Items_that_begin_a_run_together_do_not_meet_in_the_sweep()
    {
        for (var run = 0; run < 20; run++) Kept($"old{run}", hoursAgo: 8 * 24);
        var results = Create(Most);
        Parallel.For(0, 50, item => results.Write("new", Item(item)));
        Assert.Equal(["new"], Runs());
        Assert.Equal(50, results.List("new").Count());
    }

    private void Kept(string run, int hoursAgo, bool ended = true)
    {
        var roomy = Create(1 << 30);
        roomy.Write(run, Item(0) with { State = ended ? ItemState.Succeeded : null }, new StreamBytes("out", new byte[4 * Large]));
        SetAge(run, TimeSpan.FromHours(hoursAgo));
    }

    private static ItemResult Item(int item) => new(item, 1, "vm1", "h1", DateTimeOffset.UnixEpoch);
}

public sealed class FileResultsTests : ResultsSuite, IDisposable
{
    private readonly TempDirectory _directory = new();

    [Fact]
    public void Half_a_line_that_a_loss_of_power_left_costs_that_line_alone()
    {
        Create(1 << 20).Write("r1", new ItemResult(1, 1, "vm1", "h1", DateTimeOffset.UnixEpoch));
        var log = Path.Combine(_directory.File("r1"), "items.jsonl");
        File.AppendAllText(log, """{"result":{"item":2,"att""");
        var later = Create(1 << 20);
        Assert.Equal([1], later.List("r1").Select(result => result.Item));
        later.Write("r1", new ItemResult(3, 1, "vm3", "h1", DateTimeOffset.UnixEpoch));
        Assert.Equal([1, 3], Create(1 << 20).List("r1").Select(result => result.Item));
    }

    public void Dispose() => _directory.Dispose();

    protected override IResults Create(long most) =>
        new Actors.Stores.Files.FileResults(_directory.Path, TimeProvider.System, most);

    protected override void SetAge(string run, TimeSpan age) =>
        File.SetLastWriteTimeUtc(Path.Combine(_directory.File(run), "items.jsonl"), DateTime.UtcNow - age);

    protected override IEnumerable<string> Runs() =>
        Directory.GetDirectories(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal)!;
}
