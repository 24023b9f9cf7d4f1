using Microsoft.Extensions.Logging.Abstractions;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>What every implementation of <see cref="IAuditLog"/> does.</summary>
public abstract class AuditSuite : IAsyncLifetime
{
    protected static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly List<IAuditLog> _opened = [];
    private IAuditLog _audit = null!;

    /// <summary>Another object over the same log, as a new process makes it. Earlier ones may not have been closed.</summary>
    protected abstract IAuditLog Create();

    /// <summary>Replaces text in a stored entry, past every protection.</summary>
    protected abstract void Forge(long number, string old, string replacement);

    /// <summary>Removes the newest entries, past every protection.</summary>
    protected abstract void CutOff(long after);

    /// <summary>Removes the oldest entries and moves the chain's beginning with them, as somebody would who knows how.</summary>
    protected abstract void MoveBeginning(long to);

    /// <summary>Lets every write fail, or succeed again.</summary>
    protected abstract void Block(bool blocked);

    public Task InitializeAsync()
    {
        Reopen();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        foreach (var audit in _opened) await audit.DisposeAsync();
    }

    [Fact]
    public async Task An_entry_with_a_key_is_written_once_however_often_it_is_appended()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b", key: "1"), Entry("c", key: "1"));
        await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i => _audit.AppendAsync(Entry($"d{i}", key: "1"), Entry($"e{i}", key: "2"), Entry($"f{i}")))
        );

        var told = await _audit.ListAsync(new(100));

        Assert.Equal(1 + 2 + 20, told.Count);
        Assert.Equal("b", Assert.Single(told, line => line.Entry.Key == "1").Entry.What);
        Assert.Equal((23L, null), await _audit.VerifyAsync() is var check ? (check.Entries, check.Broken) : default);
    }

    [Fact]
    public async Task Many_entries_that_are_in_the_log_already_are_skipped_at_once()
    {
        var entries = Enumerable.Range(0, 2000).Select(i => Entry("backup", key: $"r1/{i}")).ToList();
        await _audit.AppendAsync(entries[..1999]);

        await _audit.AppendAsync(entries);

        Assert.Equal(2000, (await _audit.VerifyAsync()).Entries);
    }

    [Fact]
    public async Task Entries_are_found_by_vm_run_who_and_time_newest_first()
    {
        await _audit.AppendAsync(
            Entry("a", vm: "hv1/db1", run: "r1", who: "ci"),
            Entry("b", vm: "db1", who: "ci"),
            Entry("c", vm: "hv2/db1", run: "r1"),
            Entry("d", vm: "hv1/db11", who: "nobody"),
            Entry("e") with { At = Noon.AddSeconds(1.5) },
            Entry("f") with { At = Noon.AddSeconds(1) }
        );

        Assert.Equal("cba", await FindAsync(new(9, Vm: "db1")));
        Assert.Equal("ba", await FindAsync(new(9, Vm: "hv1/db1")));
        Assert.Equal("ca", await FindAsync(new(9, Run: "r1")));
        Assert.Equal("ba", await FindAsync(new(9, Who: "ci")));
        Assert.Equal("fe", await FindAsync(new(9, Since: Noon.AddSeconds(1))));
        Assert.Equal("e", await FindAsync(new(9, Since: Noon.AddSeconds(1.2))));
        Assert.Equal("fe", await FindAsync(new(9, Since: Noon.AddSeconds(1).ToOffset(TimeSpan.FromHours(5)))));
        Assert.Equal("c", await FindAsync(new(1, Vm: "db1")));
        Assert.Equal("ba", await FindAsync(new(9, Before: 3, Vm: "db1")));
    }

    [Fact]
    public async Task A_noted_head_is_found_until_an_entry_up_to_it_changes()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b"));
        var noted = (await _audit.VerifyAsync()).Head;
        await _audit.AppendAsync(Entry("c"));
        Assert.Equal(2, (await _audit.VerifyAsync(noted)).Noted);
        Assert.Null((await _audit.VerifyAsync(new string('e', 64))).Noted);

        // The tail is cut off and made anew, each hash right: only the noted head tells.
        CutOff(after: 1);
        await _audit.AppendAsync(Entry("forged"), Entry("c"));

        Assert.Equal(
            (3L, null, null),
            await _audit.VerifyAsync(noted) is var check ? (check.Entries, check.Broken, check.Noted) : default
        );
    }

    [Fact]
    public async Task An_unreadable_entry_breaks_the_chain_and_hides_no_other()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b"), Entry("c"));
        Forge(2, "{", "x");

        Assert.Equal(
            "c|an entry that cannot be read|a",
            string.Join('|', (await _audit.ListAsync(new(9))).Select(line => line.Entry.What))
        );
        Assert.Equal(2, (await _audit.VerifyAsync()).Broken);
        await _audit.AppendAsync(Entry("d"));
    }

    [Fact]
    public async Task The_chain_holds_without_its_oldest_entries_and_records_their_removal()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b", key: "old"), Entry("c"));
        var lost = (await _audit.VerifyAsync()).Head;
        await _audit.AppendAsync(Entry("d") with { At = Noon.AddDays(300) }, Entry("late"));
        var noted = (await _audit.VerifyAsync()).Head;

        Assert.Equal(new AuditTrim(3, null), await TrimAsync(Noon.AddDays(1), runs: 2));

        Assert.Equal("trimlated", await FindAsync(new(9)));
        var check = await _audit.VerifyAsync(noted);
        Assert.Equal(
            (3L, 4L, null, 5L, Noon.AddDays(1)), (check.Entries, check.First, check.Broken, check.Noted, check.KeptFrom));
        Assert.Null((await _audit.VerifyAsync(Hash("none"))).Noted);
        Assert.Equal(3, (await _audit.VerifyAsync(lost)).Noted); // the last one that went is the chain's beginning
        Assert.Equal(Noon.AddDays(1), await _audit.KeptFromAsync());
        Assert.Equal(
            "3 entries of this log, up to number 3, and 2 runs were removed: they are from before 2026-11-24T12:00:00+00:00 "
                + "(Store.Keep)",
            (await _audit.ListAsync(new(1)))[0].Entry.Detail
        );

        // What an old run tells once more is not taken again; and with nothing left to remove nothing is told.
        await _audit.AppendAsync(Entry("b", key: "old"));
        await TrimAsync(Noon.AddDays(1), runs: 0);
        Assert.Equal("trimlated", await FindAsync(new(9)));
    }

    [Fact]
    public async Task A_beginning_of_the_chain_that_was_moved_shows()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b"), Entry("c"), Entry("d"));
        await TrimAsync(Noon.AddDays(1), runs: 0);
        await _audit.AppendAsync(Entry("e"), Entry("f"));

        MoveBeginning(to: 6);

        Assert.Equal(7, (await _audit.VerifyAsync()).Broken);
        Assert.Equal(
            (0L, 7L), await TrimAsync(Noon.AddDays(2), runs: 0) is var report ? (report.Entries, report.Broken) : default);
    }

    [Fact]
    public async Task A_forged_entry_is_never_removed()
    {
        await _audit.AppendAsync(Entry("a"), Entry("b"), Entry("c"));
        Forge(2, "\"b\"", "\"x\"");

        Assert.Equal(
            (1L, 2L), await TrimAsync(Noon.AddDays(1), runs: 0) is var report ? (report.Entries, report.Broken) : default);
        Assert.Equal(2, (await _audit.VerifyAsync()).Broken);
        Assert.Equal("trimcx", await FindAsync(new(9)));
    }

    [Fact]
    public async Task A_kill_after_any_write_loses_no_entry_and_the_chain_goes_on()
    {
        for (var i = 1; i <= 5; i++)
        {
            await _audit.AppendAsync(Entry($"{i}", key: $"{i}"));
            Reopen();
            // After a crash what may not have been written is written again.
            await _audit.AppendAsync(Entry($"{i}", key: $"{i}"));
            Assert.Equal((i, null), await _audit.VerifyAsync() is var check ? (check.Entries, check.Broken) : default);
        }
        Assert.Equal("54321", await FindAsync(new(9)));
    }

    [Fact]
    public async Task A_trim_that_was_killed_is_finished_by_the_next_one()
    {
        await _audit.AppendAsync([.. Enumerable.Range(0, 1200).Select(i => Entry($"{i}"))]);
        await _audit.AppendAsync(Entry("new") with { At = Noon.AddDays(300) });
        using var killed = new CancellationTokenSource();
        var trim = _audit.TrimAsync(Noon.AddDays(1), 0, "hv1", Noon.AddDays(400), killed.Token);
        await killed.CancelAsync();
        // Wherever it was: before anything was done, or after any of its steps.
        if (await Record.ExceptionAsync(() => trim) is { } e) Assert.IsAssignableFrom<OperationCanceledException>(e);
        Reopen();

        Assert.Null((await _audit.VerifyAsync()).Broken);
        await TrimAsync(Noon.AddDays(1), runs: 0);

        Assert.Equal("trimnew", await FindAsync(new(9)));
        Assert.Equal((2L, 1201L), await _audit.VerifyAsync() is var check ? (check.Entries, check.First) : default);
    }

    private void Reopen() => _opened.Add(_audit = Create());

    private Task<AuditTrim> TrimAsync(DateTimeOffset before, int runs) =>
        _audit.TrimAsync(before, runs, "hv1", Noon.AddDays(400), default);

    [Fact]
    public async Task An_entry_that_cannot_be_written_is_tried_again_until_it_can()
    {
        await _audit.AppendAsync(Entry("a"));
        Block(true);
        var keeper = new AuditKeeper(_audit, new Impatient(), NullLogger<AuditKeeper>.Instance);

        var kept = keeper.KeepAsync([Entry("b", key: "1")]);
        await Assert.ThrowsAnyAsync<Exception>(() => _audit.AppendAsync(Entry("c")));
        Assert.False(kept.IsCompleted);
        Block(false);
        await kept;

        Assert.Equal("ba", await FindAsync(new(9)));
    }

    protected static AuditEntry Entry(
        string what,
        string? key = null,
        string? vm = null,
        string? run = null,
        string who = "admin"
    ) => new(Noon, who, null, what, vm, run, "hv1", AuditOutcomes.Done, null) { Key = key };

    private async Task<string> FindAsync(AuditQuery query) =>
        string.Concat((await _audit.ListAsync(query)).Select(line => line.Entry.What));

    protected static string Hash(string text) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>A clock on which no time is long.</summary>
    private sealed class Impatient : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(
                callback, state, dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.FromMilliseconds(1), period);
    }
}
