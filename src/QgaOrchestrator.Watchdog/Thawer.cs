using System.Collections.Concurrent;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Watchdog;

/// <summary>
/// Thaws what the ledger names, each guest on its own, in rounds until it is settled or its QEMU process is gone. Only the
/// window that was read is thawed, and only under the agent's lock: while another process holds it, that process is responsible.
/// </summary>
internal sealed class Thawer(
    FreezeLedger ledger, Func<LedgerEntry, IAgent> connect, TimeProvider time, Log log, CancellationToken stop)
    : IDisposable
{
    /// <summary>How soon a held lock is tried again: the locks of a killed node are free within milliseconds.</summary>
    private static readonly TimeSpan LockRetry = TimeSpan.FromMilliseconds(50);

    /// <summary>After this long the holder is logged: a process that is just dying holds it for less.</summary>
    private const int LockedOutFor = 10;

    /// <summary>A node that knows of an entry has tried for so long.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(30);

    /// <summary>How often an unchanged failure is logged again.</summary>
    private const int TellEvery = 40;

    private readonly ConcurrentDictionary<(string Vm, string Window), Task> _underWay = new();
    private readonly ConcurrentDictionary<string, string> _toldDamaged = new();

    // Two limits, so that guests that do not answer, however many, never delay one that was not tried yet.
    private readonly SemaphoreSlim _firstRounds = new(64);
    private readonly SemaphoreSlim _laterRounds = new(64);

    /// <summary>Completes when every thaw that is under way now has ended.</summary>
    internal Task Settled => Task.WhenAll(_underWay.Values);

    /// <summary>Entries whose guest may be frozen and still exists. A damaged file is logged, once for each cause.</summary>
    internal List<LedgerEntry> Open()
    {
        var contents = ledger.ReadAll();
        foreach (var damaged in contents.Damaged)
        {
            if (_toldDamaged.TryGetValue(damaged.Path, out var told) && told == damaged.Reason)
                continue;
            _toldDamaged[damaged.Path] = damaged.Reason;
            log.Line($"ALARM: a ledger file is damaged, and its guest may be frozen: {damaged}");
        }
        return [.. contents.Open.Where(entry => EntryProcess.StateOf(entry) != ProcessState.Gone)];
    }

    /// <summary>Starts to thaw every open entry that is not under way already.</summary>
    internal void ThawOpen(string cause)
    {
        foreach (var entry in Open())
            Start(entry, cause, yields: false);
    }

    /// <summary>Starts to thaw what is long overdue though a node is connected: it may not know of the entry, since it cannot see
    /// that VM. While it does, it holds the agent's lock, and the guest is left to it.</summary>
    internal void ThawOverdue()
    {
        foreach (var entry in Open().Where(entry => time.GetUtcNow() - entry.Deadline > Overdue))
            // Its own thaw holds the lock, too, and is not to be disturbed.
            if (!_underWay.ContainsKey((entry.Vm, entry.Window)) && !IsHeld(entry.Vm))
                Start(entry, "its deadline has long passed, and nobody holds its agent's lock", yields: true);
    }

    /// <param name="yields">Whoever takes the agent's lock meanwhile is left to it.</param>
    private void Start(LedgerEntry entry, string cause, bool yields)
    {
        var key = (entry.Vm, entry.Window);
        var mine = new TaskCompletionSource();
        if (!_underWay.TryAdd(key, mine.Task))
            return;
        log.Line($"{entry.Vm}: thawing window {entry.Window} ({entry.Phase}): {cause}");
        _ = Task.Run(async () =>
        {
            try
            {
                await ThawAsync(entry.Vm, entry.Window, yields).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                log.Line($"{entry.Vm}: told to stop before it was thawed");
            }
            finally
            {
                _underWay.TryRemove(key, out _);
                mine.SetResult();
            }
        }, CancellationToken.None);
    }

    public void Dispose()
    {
        _firstRounds.Dispose();
        _laterRounds.Dispose();
    }

    private bool IsHeld(string vm)
    {
        using var held = AgentLock.TryAcquire(ledger, vm);
        return held is null;
    }

    private async Task ThawAsync(string vm, string window, bool yields)
    {
        Settlement? settlement = null;
        var rounds = 0;
        var lockedOut = 0;
        string? told = null;
        while (true)
        {
            var pause = Settlement.Pause;
            var (tell, looks) = (true, false);
            string failure;
            try
            {
                switch (await RoundAsync(vm, window, rounds, BeginAt).ConfigureAwait(false))
                {
                    case RoundResult.Over over:
                        log.Line($"{vm}: {over.Why}");
                        return;
                    case RoundResult.Locked when yields:
                        return;
                    case RoundResult.Locked:
                        (failure, pause) = ("another process holds its agent's lock and deals with this guest", LockRetry);
                        tell = ++lockedOut == LockedOutFor;
                        break;
                    case RoundResult.Failed failed:
                        (failure, looks) = (failed.Outcome.Reason, failed.Outcome.MayFreezeYet);
                        rounds++;
                        break;
                    case var other:
                        throw new InvalidOperationException($"Unknown result of a round: {other}");
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // Whatever failed, a guest may be frozen, and nobody else is left to thaw it.
                failure = e.Message;
                rounds++;
            }
            if (tell && (failure != told || rounds % TellEvery == 0))
                log.Line($"{vm}: {(looks ? "" : $"not thawed after {rounds} rounds: ")}{told = failure}");
            await Task.Delay(pause, time, stop).ConfigureAwait(false);
        }

        Settlement BeginAt(LedgerEntry entry) => settlement ??= new Settlement(time, entry.Phase == LedgerPhase.Opening);
    }

    private async Task<RoundResult> RoundAsync(string vm, string window, int rounds, Func<LedgerEntry, Settlement> settlement)
    {
        var turn = rounds == 0 ? _firstRounds : _laterRounds;
        await turn.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            using var held = AgentLock.TryAcquire(ledger, vm);
            // Read under the lock: its last holder may have thawed meanwhile, or opened another window.
            var entry = ledger.Read(vm);
            if (entry is null || entry.Window != window)
                return new RoundResult.Over($"window {window} has ended without us");
            if (entry.Phase == LedgerPhase.Thawed)
                return new RoundResult.Over($"window {window} was thawed by {entry.Facts.ThawedBy ?? "another"}");
            if (EntryProcess.StateOf(entry) == ProcessState.Gone)
                return new RoundResult.Over("its QEMU process is gone, so nothing of it is frozen here");
            if (held is null)
                return new RoundResult.Locked();

            await using var agent = connect(entry);
            var outcome = await settlement(entry).RoundAsync(agent).ConfigureAwait(false);
            agent.Close();
            return outcome switch
            {
                ThawOutcome.Settled settled => Record(entry, settled),
                ThawOutcome.NotSettled { NotOffered: true } none when entry.Phase == LedgerPhase.Opening => Record(
                    entry,
                    new ThawOutcome.Settled(null, none.Reason, time.GetTimestamp(), time.GetTimestamp(), time.GetUtcNow())
                ),
                ThawOutcome.NotSettled failed => new RoundResult.Failed(failed),
                _ => throw new InvalidOperationException($"Unknown outcome: {outcome}"),
            };
        }
        finally
        {
            turn.Release();
        }
    }

    private RoundResult.Over Record(LedgerEntry entry, ThawOutcome.Settled settled)
    {
        var noted = ledger.Update(entry.Vm, entry.Window, now => settled.MergeInto(now, "watchdog"));
        return new RoundResult.Over(
            $"thawed, {settled.Thawed?.ToString() ?? "an unknown number of"} file systems of "
                + $"{entry.Facts.Frozen?.ToString() ?? "?"}"
            + (settled.Error is null ? "" : $", thaw said: {settled.Error}")
            + (noted ? "" : "; the entry was gone"));
    }

    private abstract record RoundResult
    {
        internal sealed record Over(string Why) : RoundResult;

        internal sealed record Locked : RoundResult;

        internal sealed record Failed(ThawOutcome.NotSettled Outcome) : RoundResult;
    }
}
